/**
 * One connection's TLS by the host's OpenSSL, with a socket that is none: in pieces, with bytes
 * that are wrong, ended from within, refused room; and whether all that is made is freed once.
 */
import { describe, expect, test } from "bun:test";
import { BATCH_BYTES } from "../../src/transport/openssl/cipher-pipe.ts";
import { type OpenSsl, loadOpenSsl } from "../../src/transport/openssl/library.ts";
import { OpenSslContext } from "../../src/transport/openssl/openssl-context.ts";
import { MAX_UNSENT_BYTES } from "../../src/transport/openssl/openssl-session.ts";
import type { ByteSocket, TlsOwner, TlsSession } from "../../src/transport/tls-context.ts";
import { Random } from "../../src/util/random.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { pemOf } from "../tls/tls-peer.ts";
import { MemoryTlsClient } from "./memory-tls-client.ts";

const LINGER_MS = 2000;
const HELLO = Buffer.from("hello");

/** The library, with a count of what is made and not freed. */
function counted(): { readonly openSsl: OpenSsl; readonly open: Set<unknown> } {
  const openSsl = loadOpenSsl(undefined);
  const open = new Set<unknown>();
  const { SSL_new, SSL_free } = openSsl.symbols;
  const symbols = {
    ...openSsl.symbols,
    SSL_new: Object.assign((ctx: Parameters<typeof SSL_new>[0]) => {
      const ssl = SSL_new(ctx);
      open.add(ssl);
      return ssl;
    }, SSL_new),
    SSL_free: Object.assign((ssl: Parameters<typeof SSL_free>[0]) => {
      if (!open.delete(ssl)) throw new Error("freed twice");
      return SSL_free(ssl);
    }, SSL_free),
  };
  return { openSsl: { ...openSsl, symbols }, open };
}

const { openSsl, open } = counted();
const clock = new FakeClock();
const context = new OpenSslContext(
  openSsl,
  {
    certificates: [{ cert: pemOf("server.pem"), key: pemOf("server-key.pem") }],
    ca: undefined,
    verify: false,
    minVersion: "TLSv1.2",
    ciphers: undefined,
    curves: undefined,
  },
  { current: new Uint8Array(), renew: () => Promise.resolve(undefined) },
  clock,
);

/** A session above a socket that the test plays, and its owner. */
class Played implements ByteSocket, TlsOwner {
  readonly remoteAddress = "127.0.0.1";
  readonly remotePort = 1;
  readonly session: TlsSession;
  readonly secured: ByteSocket;
  readonly client: MemoryTlsClient;
  /** What the socket still takes. */
  room = Infinity;
  sent: Uint8Array[] = [];
  received: Buffer[] = [];
  isClosed = false;
  isTerminated = false;
  isPaused = false;
  /** What the handshake has come to. */
  outcome: boolean | undefined;
  drains = 0;
  error: Error | undefined;
  onBytes: (chunk: Uint8Array) => void = () => undefined;

  constructor(version: "1.2" | "1.3" = "1.3") {
    this.client = new MemoryTlsClient(version);
    const { socket, session } = context.upgrade(this, this);
    this.secured = socket;
    this.session = session!;
  }

  readonly listener = {
    onBytes: (chunk: Uint8Array) => {
      if (this.isClosed) throw new Error("bytes after the end");
      this.received.push(Buffer.from(chunk));
      this.onBytes(chunk);
      return false;
    },
    onDrain: () => void this.drains++,
    onClose: () => undefined,
  };

  write(bytes: Uint8Array, offset: number, length: number): number {
    if (this.isClosed) return -1;
    const taken = Math.min(length, this.room);
    this.room -= taken;
    if (taken > 0) this.sent.push(bytes.slice(offset, offset + taken));
    return taken;
  }

  pause(): void {
    this.isPaused = true;
  }

  resume(): void {
    this.isPaused = false;
  }

  end(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.session.release(undefined);
  }

  terminate(): void {
    this.isTerminated = true;
    this.end();
  }

  reportHandshake(isDone: boolean): void {
    this.outcome ??= isDone;
  }

  reportClose(error: Error | undefined): void {
    this.error = error;
    this.session.release(error);
  }

  takeSent(): Uint8Array {
    const sent = Buffer.concat(this.sent);
    this.sent = [];
    return sent;
  }

  /** Plays a handshake, each flight as `cut` cuts it. */
  shakeHands(cut: (flight: Uint8Array) => Uint8Array[] = (flight) => [flight]): void {
    let said = this.client.shakeHands(new Uint8Array());
    while (said.length > 0 && !this.isClosed) {
      for (const piece of cut(said)) this.session.receive(piece);
      said = this.client.shakeHands(this.takeSent());
    }
  }

  get text(): string {
    return Buffer.concat(this.received).toString();
  }

  leave(): void {
    this.terminate();
    this.client[Symbol.dispose]();
  }
}

function bytewise(bytes: Uint8Array): Uint8Array[] {
  return Array.from(bytes, (_, at) => bytes.slice(at, at + 1));
}

describe.each(["1.2", "1.3"] as const)("TLS %s", (version) => {
  test("byte by byte", () => {
    const played = new Played(version);
    played.shakeHands(bytewise);
    expect(played.outcome).toBe(true);
    for (const piece of bytewise(played.client.say(HELLO))) played.session.receive(piece);
    expect(played.text).toBe("hello");
    expect(played.secured.write(HELLO, 1, 3)).toBe(3);
    expect(played.client.hear(played.takeSent()).toString()).toBe("ell");
    played.leave();
    expect(open.size).toBe(0);
  });

  test("with random damage never harms another connection", () => {
    const seed = Math.trunc(Math.random() * 2 ** 31);
    const random = new Random(seed);
    const healthy = new Played(version);
    healthy.shakeHands();
    for (let round = 0; round < 300; round++) {
      const played = new Played(version);
      const damaged = (bytes: Uint8Array): Uint8Array[] => {
        const copy = bytes.slice();
        if (random.below(3) === 0 && copy.length > 0) copy[random.below(copy.length)]! ^= 1;
        const at = random.below(copy.length + 1);
        return [copy.subarray(0, at).slice(), copy.subarray(at).slice()];
      };
      played.shakeHands(damaged);
      if (played.outcome === true) {
        for (const piece of damaged(played.client.say(Buffer.alloc(random.below(40_000), 65)))) {
          played.session.receive(piece);
        }
        played.session.receive(played.client.goodbye());
      }
      if (played.outcome === false) played.end();
      healthy.received = [];
      healthy.session.receive(healthy.client.say(HELLO));
      expect(healthy.text, `seed ${seed}, round ${round}`).toBe("hello");
      expect(healthy.secured.write(HELLO, 0, 5), `seed ${seed}`).toBe(5);
      expect(healthy.client.hear(healthy.takeSent()).toString(), `seed ${seed}`).toBe("hello");
      played.leave();
    }
    healthy.leave();
    expect(open.size, `seed ${seed}`).toBe(0);
  });
});

describe("a connection that is closed from within", () => {
  test.each(["terminate", "end"] as const)("by %s hands over nothing more", (how) => {
    const played = new Played();
    played.shakeHands();
    const records = Buffer.concat(
      Array.from({ length: 40 }, () => played.client.say(Buffer.alloc(16_000, 66))),
    );
    played.onBytes = () => played.secured[how]();
    played.session.receive(records);
    expect(played.received).toHaveLength(1);
    expect(played.isClosed).toBe(true);
    expect(played.secured.write(HELLO, 0, 5)).toBe(-1);
    played.leave();
    expect(open.size).toBe(0);
  });

  test("while the socket is written", () => {
    const played = new Played();
    played.shakeHands();
    const write = played.write.bind(played);
    played.write = (bytes, offset, length) => {
      played.terminate();
      return write(bytes, offset, length);
    };
    expect(played.secured.write(Buffer.alloc(200_000), 0, 200_000)).toBe(-1);
    played.client[Symbol.dispose]();
    expect(open.size).toBe(0);
  });
});

test("a paused connection keeps what it has got, and hands it over in order", () => {
  const played = new Played();
  played.shakeHands();
  played.secured.pause();
  played.session.receive(played.client.say(Buffer.from("one,")));
  played.session.receive(played.client.say(Buffer.from("two,")));
  expect(played.text).toBe("");
  played.onBytes = () => played.secured.pause();
  played.secured.resume();
  expect(played.isPaused).toBe(true);
  played.secured.resume();
  played.session.receive(played.client.say(Buffer.from("three")));
  played.secured.resume();
  expect(played.text).toBe("one,two,three");
  played.leave();
});

test("the peer's goodbye ends it in order", () => {
  const played = new Played();
  played.shakeHands();
  played.session.receive(Buffer.concat([played.client.say(HELLO), played.client.goodbye()]));
  expect(played.text).toBe("hello");
  expect(played.isClosed).toBe(true);
  expect(played.error).toBeUndefined();
  played.leave();
});

test("a damaged record ends it with an error", () => {
  const played = new Played();
  played.shakeHands();
  const record = played.client.say(HELLO);
  record[record.length - 1]! ^= 1;
  played.session.receive(record);
  expect(played.text).toBe("");
  expect(played.isClosed).toBe(true);
  expect(played.error?.message).toBe("decryption failed or bad record mac");
  played.leave();
});

describe("a peer that takes nothing", () => {
  function stuck(): Played {
    const played = new Played();
    played.shakeHands();
    played.takeSent();
    played.room = 1000;
    return played;
  }

  test("is written one batch at most, and then again when there is room", () => {
    const played = stuck();
    const bytes = Buffer.alloc(4 * BATCH_BYTES, 67);
    expect(played.secured.write(bytes, 0, bytes.length)).toBe(BATCH_BYTES);
    expect(played.secured.write(bytes, 0, bytes.length)).toBe(0);
    played.room = 1000;
    played.session.onRoom();
    expect(played.drains).toBe(0);
    played.room = Infinity;
    played.session.onRoom();
    expect(played.drains).toBe(1);
    expect(played.client.hear(played.takeSent())).toHaveLength(BATCH_BYTES);
    played.leave();
  });

  test("and has its answers made without end is closed", () => {
    const played = stuck();
    played.secured.write(Buffer.alloc(2000), 0, 2000);
    let updates = 0;
    while (!played.isClosed && updates < MAX_UNSENT_BYTES) {
      played.session.receive(played.client.updateKeys());
      updates++;
    }
    expect(played.isTerminated).toBe(true);
    expect(updates).toBeLessThan(MAX_UNSENT_BYTES / 20);
    played.leave();
    expect(open.size).toBe(0);
  });

  test("has two seconds for the rest when the connection ends", () => {
    const played = stuck();
    played.secured.write(Buffer.alloc(5000, 68), 0, 5000);
    played.secured.end();
    clock.advance(LINGER_MS - 1);
    expect(played.isClosed).toBe(false);
    clock.advance(1);
    expect(played.isTerminated).toBe(true);
    expect(clock.timerCount).toBe(0);
    expect(open.size).toBe(0);
    played.client[Symbol.dispose]();
  });

  test("and takes the rest in time is closed in order", () => {
    const played = stuck();
    played.secured.write(Buffer.alloc(5000, 69), 0, 5000);
    played.secured.end();
    played.room = Infinity;
    played.session.onRoom();
    expect(played.isClosed).toBe(true);
    expect(played.isTerminated).toBe(false);
    expect(clock.timerCount).toBe(0);
    expect(played.client.hear(played.takeSent())).toHaveLength(5000);
    played.leave();
  });
});
