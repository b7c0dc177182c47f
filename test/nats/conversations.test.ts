/**
 * Replays the recorded conversations about the protocol itself: one account, no permissions, one
 * user at most.
 */
import { join } from "node:path";
import { testConversations } from "../support/conversation-suite.ts";

await testConversations(join(import.meta.dir, "conversations"));
