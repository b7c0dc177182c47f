/**
 * Replays the recorded conversations about accounts: what keeps them apart, what they import from
 * each other, mappings of subjects, and the system account.
 */
import { join } from "node:path";
import { testConversations } from "../support/conversation-suite.ts";

await testConversations(join(import.meta.dir, "conversations"));
