/**
 * What the system account exports by itself and every account imports from it: a client asks about
 * its own account and itself. The server sets it up at start; `/accountz` lists it. Subjects are
 * those of the NATS documentation on the system account.
 */
import type { ServiceExportSettings } from "../config/blocks/account-exports.ts";
import { isValidPublishSubject } from "../subject/subject.ts";

const EXPORT: ServiceExportSettings = {
  kind: "service",
  subject: "",
  accounts: [],
  accountTokenPosition: 0,
  responseType: "singleton",
  responseThresholdMs: undefined,
  latency: undefined,
  isTraceAllowed: false,
};

/** The token in the subjects of an account's services that names it. */
const ACCOUNT_TOKEN = 4;

const ACCOUNT_CONNZ: ServiceExportSettings = {
  ...EXPORT,
  subject: "$SYS.REQ.ACCOUNT.*.CONNZ",
  accountTokenPosition: ACCOUNT_TOKEN,
  responseType: "stream",
};

const ACCOUNT_STATZ: ServiceExportSettings = {
  ...EXPORT,
  subject: "$SYS.REQ.ACCOUNT.*.STATZ",
  accountTokenPosition: ACCOUNT_TOKEN,
  responseType: "stream",
};

const DEBUG_SUBSCRIBERS: ServiceExportSettings = {
  ...EXPORT,
  subject: "$SYS.DEBUG.SUBSCRIBERS",
};

const USER_INFO: ServiceExportSettings = { ...EXPORT, subject: "$SYS.REQ.USER.*.INFO" };

/** An export of the configuration that covers the subject of one of these takes its place. */
export const SYSTEM_EXPORTS: readonly ServiceExportSettings[] = [
  ACCOUNT_CONNZ,
  ACCOUNT_STATZ,
  DEBUG_SUBSCRIBERS,
  USER_INFO,
];

/** An import of one of those exports. */
export interface SystemImport {
  readonly service: ServiceExportSettings;
  /** In the system account. */
  readonly subject: string;
  readonly localSubject: string;
  /** Whether the service is told who asks. */
  readonly isShared: boolean;
}

/** In place of an account's name it stands for all accounts. */
const ALL_ACCOUNTS = "PING";

/**
 * What the account imports; the system account only the information about users, from itself. None
 * for an account whose name cannot stand in a subject as one token, or stands for something else.
 */
export function systemImports(account: string, isSystemAccount: boolean): readonly SystemImport[] {
  const isToken = isValidPublishSubject(account) && !account.includes(".");
  if (!isToken || account === ALL_ACCOUNTS) return [];
  const own = ({ subject }: ServiceExportSettings) => subject.replace("*", () => account);
  const userInfo: SystemImport = {
    service: USER_INFO,
    subject: own(USER_INFO),
    localSubject: "$SYS.REQ.USER.INFO",
    isShared: true,
  };
  if (isSystemAccount) return [userInfo];
  const connz = { service: ACCOUNT_CONNZ, subject: own(ACCOUNT_CONNZ), isShared: false };
  return [
    { ...connz, localSubject: "$SYS.REQ.ACCOUNT.PING.CONNZ" },
    { ...connz, localSubject: "$SYS.REQ.SERVER.PING.CONNZ" },
    {
      service: ACCOUNT_STATZ,
      subject: own(ACCOUNT_STATZ),
      localSubject: "$SYS.REQ.ACCOUNT.PING.STATZ",
      isShared: false,
    },
    userInfo,
  ];
}
