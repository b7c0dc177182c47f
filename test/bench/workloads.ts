/**
 * The table of benchmark rows: what each one drives and what midge has to reach next to the
 * reference. run.ts walks it; loadgen.ts turns a `Drive` into traffic. A new row is one object in
 * `WORKLOADS`.
 */
import { LOGINS, accountUser, manyAccounts, mapping } from "./configurations.ts";
import { permissions, serviceImport, streamImport, withTls } from "./configurations.ts";
import type { Configuration, Logins } from "./configurations.ts";

export interface FloodDrive {
  readonly kind: "flood";
  /** Each of these has its own publishers and subscribers. */
  readonly groups: readonly Logins[];
  /** Per group, as are subscribers. */
  readonly publishers: number;
  /** 0 publishes to nobody; otherwise each subscriber subscribes to every subject. */
  readonly subscribers: number;
  readonly messagesPerPublisher: number;
  readonly payloadBytes: number;
  /** Publishers cycle through `<publishPrefix>0` … `<publishPrefix><subjects - 1>`. */
  readonly subjects: number;
  readonly publishPrefix: string;
  /** Differs where the server changes subjects. */
  readonly subscribePrefix: string;
  /** The server adds a header of its own, whose length may vary. */
  readonly addsHeader: boolean;
  /** The subscribers form one queue group. */
  readonly queue: boolean;
  /** HPUB with one header line instead of PUB. */
  readonly header: boolean;
  /** Each subscriber makes one subscription to `<subscribePrefix>*`. */
  readonly wildcard: boolean;
  /** What a publisher sends in one go. */
  readonly frameBytes: number;
}

export interface RequestsDrive {
  readonly kind: "requests";
  readonly logins: Logins;
  /** Each has one request in flight and a permanent inbox. */
  readonly requesters: number;
  readonly requests: number;
  readonly payloadBytes: number;
}

export interface ChurnDrive {
  readonly kind: "churn";
  /** Each makes a new inbox per request: SUB, PUB with reply, wait, UNSUB. */
  readonly requesters: number;
  readonly requests: number;
  /** Subjects with a subscription that get a message each, again and again, meanwhile. */
  readonly liveSubjects: number;
  /** After this many requests every live subject gets its next message. */
  readonly requestsPerLiveRound: number;
}

export interface ConnectionsDrive {
  readonly kind: "connections";
  readonly connections: number;
}

export interface SubscriptionsDrive {
  readonly kind: "subscriptions";
  readonly subscriptions: number;
}

/** One publisher and one subscriber of one subject, with TLS. */
export interface TlsFloodDrive {
  readonly kind: "tls-flood";
  readonly messages: number;
  readonly payloadBytes: number;
}

/** Memory is what each connection adds. */
export interface TlsConnectionsDrive {
  readonly kind: "tls-connections";
  readonly connections: number;
}

/** Starts the server this often and takes the median time to the first INFO. */
export interface StartUpDrive {
  readonly kind: "start-up";
  readonly starts: number;
}

/** Reads the memory of a server that nobody uses. */
export interface RestDrive {
  readonly kind: "rest";
}

/** What the load generator can drive. */
export type Traffic =
  | FloodDrive
  | RequestsDrive
  | ChurnDrive
  | ConnectionsDrive
  | SubscriptionsDrive
  | TlsFloodDrive
  | TlsConnectionsDrive;

export type Drive = Traffic | StartUpDrive | RestDrive;

export type Metric =
  | "messagesPerSecond"
  | "cpuNsPerMessage"
  | "p50Us"
  | "p99Us"
  | "seconds"
  | "startMs"
  | "memoryBytes"
  | "bytesPerConnection"
  | "peakMemoryBytes";

/** A limit on the ratio of medians midge / reference, or on midge's own figure. */
export type Target = { readonly ratio: number } | { readonly value: number };

export type Targets = Partial<Record<Metric, Target>>;

export interface Workload {
  readonly name: string;
  readonly drive: Drive;
  readonly targets: Targets;
  /** What the server is started with. */
  readonly configuration?: Configuration;
}

type GivenFlood = Pick<FloodDrive, "messagesPerPublisher" | "payloadBytes"> & Partial<FloodDrive>;

const MB = 1_000_000;

/**
 * Fits the second-level cache together with the receive buffer; larger frames cost more CPU per
 * byte.
 */
const FRAME_BYTES = 128 * 1024;
const ACCOUNTS = 100;

const delivering: Targets = { messagesPerSecond: { ratio: 2.5 }, cpuNsPerMessage: { ratio: 0.4 } };
const manySubjects: Targets = {
  messagesPerSecond: { ratio: 2 },
  cpuNsPerMessage: { ratio: 0.5 },
};
const betweenUsers: Targets = {
  messagesPerSecond: { ratio: 2.2 },
  cpuNsPerMessage: { ratio: 0.45 },
};
const manyRequests: Targets = {
  messagesPerSecond: { ratio: 1.5 },
  cpuNsPerMessage: { ratio: 0.6 },
  p99Us: { ratio: 1 },
};

export const WORKLOADS: readonly Workload[] = [
  publishOnly(16, 24_000_000, 2.2),
  publishOnly(128, 14_000_000, 2),
  publishOnly(1024, 5_000_000, 0.75),
  oneToOne(16, 8_000_000),
  oneToOne(128, 4_000_000),
  oneToOne(1024, 1_200_000),
  oneToOne(4096, 320_000),
  oneToOne(16_384, 80_000),
  oneToOne(65_536, 16_000),
  flood("1 to 1, 128 B, HPUB", {
    messagesPerPublisher: 3_000_000,
    payloadBytes: 128,
    header: true,
  }),
  flood("1 to 10, 128 B", { messagesPerPublisher: 900_000, payloadBytes: 128, subscribers: 10 }),
  flood("1 to 100, 64 B", { messagesPerPublisher: 120_000, payloadBytes: 64, subscribers: 100 }),
  flood("queue group of 4, 128 B", {
    messagesPerPublisher: 3_500_000,
    payloadBytes: 128,
    subscribers: 4,
    queue: true,
  }),
  flood("4 to 4, 10 subjects, 256 B", {
    publishers: 4,
    messagesPerPublisher: 320_000,
    payloadBytes: 256,
    subscribers: 4,
    subjects: 10,
  }),
  flood(
    "1 to 1, 1,000 subjects, 64 B",
    { messagesPerPublisher: 3_500_000, payloadBytes: 64, subjects: 1000 },
    manySubjects,
  ),
  flood(
    "1 to b.*, 100,000 subjects, 64 B",
    { messagesPerPublisher: 2_500_000, payloadBytes: 64, subjects: 100_000, wildcard: true },
    manySubjects,
  ),
  {
    name: "subscription churn, 16 requesters",
    drive: {
      kind: "churn",
      requesters: 16,
      requests: 60_000,
      liveSubjects: 1000,
      requestsPerLiveRound: 100,
    },
    targets: manySubjects,
  },
  requests("request/reply, 16 in flight", { requesters: 16, requests: 80_000 }, manyRequests),
  requests(
    "request/reply, one at a time",
    { requesters: 1, requests: 15_000 },
    {
      messagesPerSecond: { ratio: 1 },
      cpuNsPerMessage: { ratio: 0.7 },
      p99Us: { ratio: 1 },
    },
  ),
  configured("permissions, 100 allow entries, 128 B", permissions(), {
    messagesPerPublisher: 3_500_000,
    payloadBytes: 128,
    subjects: 10,
  }),
  configured("permissions, 1,000 subjects, 64 B", permissions(), {
    messagesPerPublisher: 2_500_000,
    payloadBytes: 64,
    subjects: 1000,
  }),
  configured("service import, 128 B", serviceImport("b.0"), {
    messagesPerPublisher: 1_200_000,
    payloadBytes: 128,
    addsHeader: true,
  }),
  {
    ...requests(
      "service import, request/reply, 16 in flight",
      { requesters: 16, requests: 80_000, logins: LOGINS },
      manyRequests,
    ),
    configuration: serviceImport("svc"),
  },
  configured("stream import, 128 B", streamImport("b.*", "from"), {
    messagesPerPublisher: 3_000_000,
    payloadBytes: 128,
    subscribePrefix: "from.b.",
  }),
  mapped("mapped subject, 128 B", 1),
  mapped("mapped, 10 subjects, 128 B", 10),
  configured("100 accounts x 10 connections, 128 B", manyAccounts(ACCOUNTS), {
    groups: Array.from({ length: ACCOUNTS }, (_, index) => accountLogins(index)),
    publishers: 5,
    messagesPerPublisher: 6000,
    payloadBytes: 128,
    subscribers: 5,
    frameBytes: 16 * 1024,
  }),
  {
    name: "1,000,000 subscriptions",
    drive: { kind: "subscriptions", subscriptions: 1_000_000 },
    targets: { seconds: { ratio: 0.5 }, memoryBytes: { ratio: 0.5 } },
  },
  {
    name: "10,000 idle connections",
    drive: { kind: "connections", connections: 10_000 },
    targets: { memoryBytes: { ratio: 0.35 } },
  },
  overTls(128, 4_000_000),
  overTls(16_384, 60_000),
  {
    name: "TLS, 2,000 idle connections",
    drive: { kind: "tls-connections", connections: 2000 },
    targets: { bytesPerConnection: { ratio: 0.5 } },
    configuration: withTls(),
  },
  {
    name: "start to first INFO",
    drive: { kind: "start-up", starts: 20 },
    targets: { startMs: { value: 12 } },
  },
  {
    name: "at rest, 1 s after start",
    drive: { kind: "rest" },
    targets: { memoryBytes: { value: 34 * MB } },
  },
];

function publishOnly(payloadBytes: number, messages: number, ratio: number): Workload {
  return flood(
    `publish only, ${payloadBytes} B`,
    { messagesPerPublisher: messages, payloadBytes, subscribers: 0 },
    { messagesPerSecond: { ratio } },
  );
}

function oneToOne(payloadBytes: number, messages: number): Workload {
  return flood(`1 to 1, ${payloadBytes} B`, { messagesPerPublisher: messages, payloadBytes });
}

function overTls(payloadBytes: number, messages: number): Workload {
  return {
    name: `TLS, 1 to 1, ${payloadBytes} B`,
    drive: { kind: "tls-flood", messages, payloadBytes },
    targets: { messagesPerSecond: { ratio: 1.5 } },
    configuration: withTls(),
  };
}

/** Clients publish to `m.…` and subscribe to `d.…`. */
function mapped(name: string, subjects: number): Workload {
  return configured(name, mapping("m.*", "d.{{wildcard(1)}}"), {
    messagesPerPublisher: 3_000_000,
    payloadBytes: 128,
    subjects,
    publishPrefix: "m.",
    subscribePrefix: "d.",
  });
}

function accountLogins(index: number): Logins {
  return { publisher: accountUser(index), subscriber: accountUser(index) };
}

/** A flood between users of a configuration. */
function configured(name: string, configuration: Configuration, given: GivenFlood): Workload {
  const workload = flood(name, { groups: [LOGINS], ...given }, betweenUsers);
  return { ...workload, configuration };
}

/** Requests of 16 bytes without credentials, except for what is given. */
function requests(
  name: string,
  given: Pick<RequestsDrive, "requesters" | "requests"> & Partial<RequestsDrive>,
  targets: Targets,
): Workload {
  return { name, drive: { kind: "requests", payloadBytes: 16, logins: {}, ...given }, targets };
}

/** A flood from one publisher to one subscriber on one subject, except for what is given. */
function flood(name: string, given: GivenFlood, targets: Targets = delivering): Workload {
  const drive: FloodDrive = {
    kind: "flood",
    groups: [{}],
    publishers: 1,
    subscribers: 1,
    subjects: 1,
    publishPrefix: "b.",
    subscribePrefix: "b.",
    queue: false,
    header: false,
    addsHeader: false,
    wildcard: false,
    frameBytes: FRAME_BYTES,
    ...given,
  };
  return { name, drive, targets };
}

/** The same traffic with less of it, for a quick look. */
export function quick(drive: Drive): Drive {
  switch (drive.kind) {
    case "flood":
      return { ...drive, messagesPerPublisher: Math.ceil(drive.messagesPerPublisher / 6) };
    case "requests":
    case "churn":
      return { ...drive, requests: Math.ceil(drive.requests / 6) };
    case "tls-flood":
      return { ...drive, messages: Math.ceil(drive.messages / 6) };
    case "connections":
    case "tls-connections":
      return { ...drive, connections: Math.ceil(drive.connections / 10) };
    case "subscriptions":
      return { ...drive, subscriptions: Math.ceil(drive.subscriptions / 10) };
    case "start-up":
      return { ...drive, starts: 5 };
    case "rest":
      return drive;
  }
}
