/**
 * Replays the recorded conversations about users: how they log in and what they may publish and
 * subscribe to.
 */
import { join } from "node:path";
import { testConversations } from "../support/conversation-suite.ts";

await testConversations(join(import.meta.dir, "conversations"));
