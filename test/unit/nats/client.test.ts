/** What a NATS client's operations mean: answers, subscriptions, deliveries, errors. */
import { describe, expect, test } from "bun:test";
import { closeReasons } from "../../../src/broker/close-reason.ts";
import { MemoryBroker, QUIET } from "../../support/memory-broker.ts";
import type { MemoryPeer } from "../../support/memory-broker.ts";
import { MemoryTransport } from "../../support/memory-transport.ts";

const HEADERS = "NATS/1.0\r\n\r\n";
const WITH_HEADERS = { ...QUIET, headers: true };
const WITH_NO_RESPONDERS = { ...WITH_HEADERS, no_responders: true };

/** Answers to `input` of a client that sent CONNECT with these fields. */
function answers(input: string, fields: Readonly<Record<string, unknown>> = QUIET): string {
  return new MemoryBroker().connect(fields).send(input).read();
}

function infoIn(text: string): Record<string, unknown> {
  const line = /INFO (\{.*\}) \r\n/.exec(text)?.[1];
  return JSON.parse(Buffer.from(line ?? "null", "latin1").toString()) as Record<string, unknown>;
}

describe("the greeting", () => {
  test("is INFO, at once", () => {
    const broker = new MemoryBroker();
    const peer = broker.acceptWith(new MemoryTransport());
    expect(infoIn(peer.read())).toMatchObject({ client_id: peer.client.cid, headers: true });
  });

  test("is UTF-8", () => {
    const broker = new MemoryBroker({ options: { serverName: "b\u00fc\u20ac" } });
    const peer = broker.acceptWith(new MemoryTransport());
    expect(infoIn(peer.read())["server_name"]).toBe("b\u00fc\u20ac");
  });

  test("is followed by the refusal where there are too many connections", () => {
    const broker = new MemoryBroker();
    const peer = broker.accept();
    peer.client.refuse();
    expect(peer.read()).toBe("-ERR 'maximum connections exceeded'\r\n");
    expect(broker.lastClosed?.reason).toBe(closeReasons.maxConnectionsExceeded);
  });
});

describe("verbose", () => {
  test("is how a client starts, without CONNECT too", () => {
    const peer = new MemoryBroker().accept();
    expect(peer.send("SUB a 1\r\nUNSUB 9\r\nPING\r\n").read()).toBe("+OK\r\n+OK\r\nPONG\r\n");
    expect(peer.send("CONNECT {}\r\n").read()).toBe("+OK\r\n");
  });

  test("answers CONNECT, SUB, UNSUB and PUB with +OK, before deliveries", () => {
    const input = "SUB a 1\r\nSUB a 1\r\nPUB a 1\r\nx\r\nUNSUB 1\r\nUNSUB 1\r\n+OK\r\nPING\r\n";
    expect(answers(input, { verbose: true, pedantic: false })).toBe(
      "+OK\r\n+OK\r\n+OK\r\nMSG a 1 1\r\nx\r\n+OK\r\n+OK\r\nPONG\r\n",
    );
  });

  test("gives no +OK beside an error, but for pedantic subjects", () => {
    const verbose = { verbose: true, pedantic: true };
    expect(answers("SUB a..b 1\r\n", verbose)).toBe("-ERR 'Invalid Subject'\r\n");
    expect(answers("PUB a.* 0\r\n\r\n", verbose)).toBe("-ERR 'Invalid Publish Subject'\r\n+OK\r\n");
    expect(answers("PUB _GR_.x 0\r\n\r\n", verbose)).toBe(
      "-ERR 'Permissions Violation for Publish to \"_GR_.x\"'\r\n",
    );
  });

  test("can be switched off", () => {
    expect(answers("SUB a 1\r\nPUB b 0\r\n\r\nUNSUB 1\r\n")).toBe("");
  });
});

describe("pedantic", () => {
  test("complains about subjects that are no literals, and delivers all the same", () => {
    const pedantic = { verbose: false, pedantic: true };
    expect(answers("SUB > 1\r\nPUB a.* 1\r\nx\r\nPUB a 1\r\ny\r\n", pedantic)).toBe(
      "-ERR 'Invalid Publish Subject'\r\nMSG a.* 1 1\r\nx\r\nMSG a 1 1\r\ny\r\n",
    );
    for (const subject of ["a..b", ".a", "a.", ">", "*"]) {
      expect(answers(`PUB ${subject} 0\r\n\r\n`, pedantic)).toContain("Invalid Publish Subject");
    }
    expect(answers("PUB a*.b> 0\r\n\r\n", pedantic)).toBe("");
  });
});

describe("the first PING after CONNECT", () => {
  test("is answered with PONG and INFO for clients of protocol 1, once", () => {
    const peer = new MemoryBroker().connect({ ...QUIET, protocol: 1 });
    const first = peer.send("PING\r\n").read();
    expect(first.startsWith("PONG\r\nINFO ")).toBe(true);
    expect(infoIn(first)).toMatchObject({ connect_info: true, remote_account: "$G" });
    expect(peer.send("PING\r\n").read()).toBe("PONG\r\n");
  });

  test("is answered with PONG alone for older clients and before CONNECT", () => {
    expect(answers("PING\r\n")).toBe("PONG\r\n");
    const peer = new MemoryBroker().accept();
    expect(peer.send("PING\r\n").read()).toBe("PONG\r\n");
    peer.send('CONNECT {"verbose":false,"protocol":1}\r\n');
    expect(peer.send("PING\r\n").read()).toStartWith("PONG\r\nINFO ");
  });
});

describe("deliveries", () => {
  test("repeat the sid byte for byte", () => {
    const bytes = Array.from({ length: 128 }, (_, i) => String.fromCharCode(128 + i)).join("");
    for (const sid of ["1", "0", "007", "999999999999999", "1234567890123456", "a.b", bytes]) {
      for (let times = 1; times <= 3; times++) {
        const input = `SUB a ${sid}\r\n${"PUB a 1\r\nx\r\n".repeat(times)}`;
        expect(answers(input)).toBe(`MSG a ${sid} 1\r\nx\r\n`.repeat(times));
      }
    }
  });

  test("repeat subject and reply byte for byte", () => {
    const subject = "caf\xc3\xa9.\x80\xff";
    const input = `SUB ${subject} 1\r\n${`PUB ${subject} r\x9f 0\r\n\r\n`.repeat(3)}`;
    expect(answers(input)).toBe(`MSG ${subject} 1 r\x9f 0\r\n\r\n`.repeat(3));
  });

  test("bring headers to those who can read them, the payload alone to others", () => {
    const broker = new MemoryBroker();
    const [able, unable] = [broker.connect(WITH_HEADERS), broker.connect()];
    for (const peer of [able, unable]) peer.send("SUB a 1\r\n");
    const publisher = broker.connect(WITH_HEADERS);
    for (let i = 0; i < 3; i++) {
      publisher.send(`HPUB a r 12 14\r\n${HEADERS}hi\r\n`);
      expect(able.read()).toBe(`HMSG a 1 r 12 14\r\n${HEADERS}hi\r\n`);
      expect(unable.read()).toBe("MSG a 1 r 2\r\nhi\r\n");
    }
    expect(able.client.outBytes).toBe(3 * 14);
    expect(unable.client.outBytes).toBe(3 * 2);
  });

  test("reach everybody who subscribed, once per subscription", () => {
    const broker = new MemoryBroker();
    const peer = broker.connect().send("SUB a.b 1\r\nSUB a.* 2\r\nSUB > 3\r\nSUB b 4\r\n");
    broker.connect().send("PUB a.b 0\r\n\r\n");
    expect(peer.read().match(/MSG a\.b [123] 0\r\n\r\n/g)).toHaveLength(3);
  });

  test("of messages with empty tokens reach nobody", () => {
    expect(answers("SUB > 1\r\nPUB a..b 0\r\n\r\nPUB .a 0\r\n\r\nPUB a. 0\r\n\r\n")).toBe("");
  });

  test("stop with UNSUB and when the subscriber closes", () => {
    const broker = new MemoryBroker();
    const [one, two] = [broker.connect(), broker.connect()];
    one.send("SUB a 1\r\nSUB a 2\r\nUNSUB 1\r\n");
    two.send("SUB a 1\r\n");
    two.client.close(closeReasons.kicked);
    broker.connect().send("PUB a 0\r\n\r\nPUB a 0\r\n\r\n");
    expect(one.read()).toBe("MSG a 2 0\r\n\r\n".repeat(2));
    expect(two.read()).toBe("");
    expect(broker.broker.subscriptionCount).toBe(1);
  });

  test("to oneself are left out without echo; a queue group goes on to the next member", () => {
    const broker = new MemoryBroker();
    const silent = broker.connect({ ...QUIET, echo: false }).send("SUB a 1\r\nSUB a q 2\r\n");
    const other = broker.connect().send("SUB a q 1\r\n");
    for (let i = 0; i < 20; i++) silent.send("PUB a 0\r\n\r\n");
    expect(silent.read()).toBe("");
    expect(other.read()).toBe("MSG a 1 0\r\n\r\n".repeat(20));
  });
});

describe("a subscription", () => {
  test("with a known sid changes nothing", () => {
    expect(answers("SUB a 1\r\nSUB b q 1\r\nPUB b 0\r\n\r\nPUB a 0\r\n\r\n")).toBe(
      "MSG a 1 0\r\n\r\n",
    );
  });

  test("to a subject that nothing can match is refused", () => {
    for (const subject of ["a..b", ".a", "a.", "a.>.b", ">.a"]) {
      const peer = new MemoryBroker().connect();
      expect(peer.send(`SUB ${subject} 1\r\n`).read()).toBe("-ERR 'Invalid Subject'\r\n");
      expect(peer.client.subscriptionCount).toBe(0);
      expect(peer.client.isLive).toBe(true);
    }
  });

  test("may not use the server's queue", () => {
    expect(answers("SUB a _sys_ 1\r\nPUB a 0\r\n\r\n")).toBe(
      '-ERR \'Permissions Violation for Subscription to "a" using queue "_sys_"\'\r\n',
    );
  });

  test("keeps to max_subscriptions, a known sid included", () => {
    const peer = new MemoryBroker({ options: { maxSubscriptions: 2 } }).connect();
    const refused = "-ERR 'maximum subscriptions exceeded'\r\n";
    expect(peer.send("SUB a 1\r\nSUB a 2\r\nSUB a 3\r\nSUB a 1\r\n").read()).toBe(
      refused.repeat(2),
    );
    expect(peer.send("UNSUB 1\r\nSUB a 3\r\n").read()).toBe("");
    expect(peer.client.subscriptionCount).toBe(2);
  });

  test("keeps to max_sub_tokens, which comes before the number of subscriptions", () => {
    const options = { maxSubTokens: 2, maxSubscriptions: 1 };
    const peer = new MemoryBroker({ options }).connect();
    expect(peer.send("SUB a.b 1\r\nSUB a.b.c 2\r\n").read()).toBe(
      "-ERR 'Permissions Violation for Subscription to \"a.b.c\", too many tokens'\r\n",
    );
    expect(peer.send("SUB a.b 2\r\n").read()).toBe("-ERR 'maximum subscriptions exceeded'\r\n");
  });
});

describe("auto-unsubscribe", () => {
  const publish = (count: number) => "PUB a 0\r\n\r\n".repeat(count);
  const got = (text: string) => text.match(/MSG a \S+ 0\r\n\r\n/g)?.length ?? 0;

  test("delivers as many as asked for, then removes", () => {
    const peer = new MemoryBroker().connect().send("SUB a 1\r\nUNSUB 1 3\r\n");
    expect(got(peer.send(publish(2)).read())).toBe(2);
    expect(peer.client.subscriptionCount).toBe(1);
    expect(got(peer.send(publish(5)).read())).toBe(1);
    expect(peer.client.subscriptionCount).toBe(0);
  });

  test("counts what was delivered before", () => {
    const peer = new MemoryBroker().connect().send(`SUB a 1\r\n${publish(2)}UNSUB 1 3\r\n`);
    expect(got(peer.send(publish(5)).read())).toBe(3);
  });

  test("removes at once if as many were delivered", () => {
    for (const max of [1, 2]) {
      const peer = new MemoryBroker().connect().send(`SUB a 1\r\n${publish(2)}UNSUB 1 ${max}\r\n`);
      expect(peer.client.subscriptionCount).toBe(0);
    }
  });

  test("removes at once for a maximum of 0 or none", () => {
    for (const max of ["", " 0", " x", " -1"]) {
      const peer = new MemoryBroker().connect().send(`SUB a 1\r\nUNSUB 1${max}\r\n`);
      expect(peer.client.subscriptionCount).toBe(0);
    }
  });

  test("can be changed while it counts", () => {
    const peer = new MemoryBroker().connect().send("SUB a 1\r\nUNSUB 1 2\r\nUNSUB 1 4\r\n");
    expect(got(peer.send(publish(9)).read())).toBe(4);
  });

  test("of a queue member leaves the rest to the others", () => {
    const broker = new MemoryBroker();
    const brief = broker.connect().send("SUB a q 1\r\nUNSUB 1 3\r\n");
    const lasting = broker.connect().send("SUB a q 1\r\n");
    broker.connect().send(publish(100));
    expect(got(brief.read())).toBe(3);
    expect(got(lasting.read())).toBe(97);
  });
});

describe("a request that nobody hears", () => {
  test("is answered with status 503 on the requester's own subscription", () => {
    const peer = new MemoryBroker().connect(WITH_NO_RESPONDERS);
    const status = "NATS/1.0 503\r\nNats-Subject: help\r\n\r\n";
    expect(peer.send("SUB _INBOX.* 7\r\nPUB help _INBOX.1 2\r\nhi\r\n").read()).toBe(
      `HMSG _INBOX.1 7 ${status.length} ${status.length}\r\n${status}\r\n`,
    );
    expect(peer.client.outMessages).toBe(0);
    expect(peer.client.outBytes).toBe(0);
  });

  test("does not use up the subscription's maximum", () => {
    const peer = new MemoryBroker().connect(WITH_NO_RESPONDERS);
    peer.send("SUB r 1\r\nUNSUB 1 1\r\nPUB help r 0\r\n\r\nPUB help r 0\r\n\r\n");
    expect(peer.read().match(/503/g)).toHaveLength(2);
    expect(peer.client.subscriptionCount).toBe(1);
  });

  test("is answered when the only receiver was the requester without echo", () => {
    const peer = new MemoryBroker().connect({ ...WITH_NO_RESPONDERS, echo: false });
    expect(peer.send("SUB r 1\r\nSUB help 2\r\nPUB help r 0\r\n\r\n").read()).toContain("503");
  });

  test("is not answered for others, in queue groups, without reply or when somebody hears", () => {
    expect(answers("SUB r 1\r\nPUB help r 0\r\n\r\n", WITH_HEADERS)).toBe("");
    expect(answers("SUB r q 1\r\nPUB help r 0\r\n\r\n", WITH_NO_RESPONDERS)).toBe("");
    expect(answers("SUB r 1\r\nPUB help 0\r\n\r\n", WITH_NO_RESPONDERS)).toBe("");
    expect(answers("SUB r 1\r\nSUB * 2\r\nPUB help r 0\r\n\r\n", WITH_NO_RESPONDERS)).toBe(
      "MSG help 2 r 0\r\n\r\n",
    );
  });

  test("gives subject, reply and sid byte for byte", () => {
    const text = answers("SUB r\x80 s\x91\r\nPUB h\x85 r\x80 0\r\n\r\n", WITH_NO_RESPONDERS);
    expect(text).toBe("HMSG r\x80 s\x91 34 34\r\nNATS/1.0 503\r\nNats-Subject: h\x85\r\n\r\n\r\n");
  });
});

describe("reserved subjects", () => {
  const refused = (peer: MemoryPeer, input: string) => peer.send(input).read();

  test("may not be published to or named as reply; the connection stays, nothing is delivered", () => {
    const broker = new MemoryBroker();
    const listener = broker.connect().send("SUB > 1\r\n");
    const peer = broker.connect();
    for (let i = 0; i < 3; i++) {
      expect(refused(peer, "PUB $NRG.x 0\r\n\r\n")).toBe(
        "-ERR 'Permissions Violation for Publish to \"$NRG.x\"'\r\n",
      );
      expect(refused(peer, "PUB a $JS.ACK.x 0\r\n\r\n")).toBe(
        "-ERR 'Permissions Violation for Publish with Reply of \"$JS.ACK.x\"'\r\n",
      );
    }
    expect(listener.read()).toBe("");
    expect(peer.client.isLive).toBe(true);
    expect(peer.client.inMessages).toBe(6);
  });

  test("are quoted as UTF-8", () => {
    const utf8 = Buffer.from("_GR_.caf\u00e9\u20ac").toString("latin1");
    expect(refused(new MemoryBroker().connect(), `PUB ${utf8} 0\r\n\r\n`)).toBe(
      `-ERR 'Permissions Violation for Publish to "${utf8}"'\r\n`,
    );
  });
});

describe("a broken protocol", () => {
  const cases: readonly (readonly [string, string, keyof typeof closeReasons])[] = [
    ["HELLO\r\n", "Unknown Protocol Operation", "protocolViolation"],
    ["PUB a 1\r\nxxx", "Unknown Protocol Operation", "protocolViolation"],
    ["PUB a\r\n", "", "protocolViolation"],
    ["SUB a\r\n", "", "protocolViolation"],
    ["CONNECT x\r\n", "", "protocolViolation"],
    ["HPUB a 0 0\r\n", "", "protocolViolation"],
    ["-ERR 'x'\r\n", "", "parseError"],
    [`SUB ${"x".repeat(5000)}`, "maximum control line exceeded", "maxControlLineExceeded"],
    ["PUB a 1048577\r\n", "Maximum Payload Violation", "maxPayloadExceeded"],
    ['CONNECT {"protocol":2}\r\n', "invalid client protocol", "badClientProtocolVersion"],
    [
      'CONNECT {"no_responders":true}\r\n',
      "no responders requires headers support",
      "noRespondersRequiresHeaders",
    ],
    ['CONNECT {"account":"A"}\r\n', "Authorization Violation", "authenticationViolation"],
    ['CONNECT {"new_account":true}\r\n', "Authorization Violation", "authenticationViolation"],
  ];
  for (const [input, text, reason] of cases) {
    test(`${JSON.stringify(input.slice(0, 40))} closes: ${closeReasons[reason].text}`, () => {
      const broker = new MemoryBroker();
      const peer = broker.connect().send(`PING\r\n${input}PING\r\n`);
      const answer = text === "" ? "" : `-ERR '${text}'\r\n`;
      expect(peer.read()).toBe(`PONG\r\n${answer}`);
      expect(peer.transport.isEnded).toBe(true);
      expect(broker.lastClosed?.reason).toBe(closeReasons[reason]);
      expect(broker.context.pool.lentBytes).toBe(0);
    });
  }

  test("is found out however the input is cut", () => {
    for (const [input, , reason] of cases) {
      const broker = new MemoryBroker();
      const peer = broker.connect();
      for (const byte of input) peer.send(byte);
      expect(broker.lastClosed?.reason).toBe(closeReasons[reason]);
    }
  });

  test("ends what the same chunk holds behind it", () => {
    const broker = new MemoryBroker();
    const listener = broker.connect().send("SUB a 1\r\n");
    broker.connect().send("PUB a 0\r\n\r\nHELLO\r\nPUB a 0\r\n\r\n");
    expect(listener.read()).toBe("MSG a 1 0\r\n\r\n");
  });
});
