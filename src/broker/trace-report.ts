/**
 * Publishes the trace of a message, in the account of its publisher, once the message is through.
 * Without a system account the server has no voice: nothing is published then.
 */
import { subjectBytes } from "../subject/subject.ts";
import { goJson } from "../util/go-json.ts";
import type { Account } from "./account.ts";
import { encodeContent } from "./content-encoding.ts";
import { dispatch } from "./dispatch.ts";
import { NO_BYTES } from "./message-builder.ts";
import type { MessageTrace } from "./message-trace.ts";
import type { ServerInfoProvider } from "./server-info.ts";
import type { ServiceContext } from "./service-import.ts";

/** The broker, as far as reports need it. */
export interface ReportingBroker {
  readonly systemAccount: Account | undefined;
  readonly services: ServiceContext;
  /** Who reports; undefined before the server knows that of itself. */
  readonly serverInfo: ServerInfoProvider | undefined;
}

/** Mappings do not apply to the destination. */
export function publishTrace(broker: ReportingBroker, account: Account, trace: MessageTrace): void {
  const { systemAccount, serverInfo, services } = broker;
  if (systemAccount === undefined || serverInfo === undefined) return;
  const text = goJson(trace.report(serverInfo.next()));
  const { headers, payload } = encodeContent(text, trace.acceptEncoding);
  const subject = subjectBytes(trace.destination);
  const builder = services.builders.take();
  const message = builder.build({ subject, reply: NO_BYTES, headers, payload }, undefined);
  const plan = account.serverPlans.find(message);
  if (plan.receiverCount > 0) dispatch(plan, message, services.random);
  services.builders.give(builder);
}
