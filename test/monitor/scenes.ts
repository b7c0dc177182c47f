/**
 * What happens before monitoring is asked, by the name of the file with the answers. Every number
 * of messages and bytes is known, and no two connections are alike where lists are sorted by it.
 */
import type { Scene } from "./scene.ts";

/** The seed of the nkey in `accounts.txt`, that of nobody. */
const SEED = "SUALT7BPTYJGXDE77PAMYLIKN3XNA7DG56PFBKEYLIO6CYMNVOPYS7E2JE";
const PUBLIC_KEY = "UC3ODXWFWLZHB7RAWFQZ2DKPAUBNP6MRWABPN25RQFI5OCGKAOZSDSXW";

const A = { user: "a", pass: "a" };
const B = { user: "b", pass: "b" };

export const SCENES: Readonly<Record<string, (scene: Scene) => Promise<void>>> = {
  accounts,
  system,
  open,
  token,
};

async function accounts(scene: Scene): Promise<void> {
  await connect(scene);
  await talk(scene);
  await close(scene);
}

async function connect(scene: Scene): Promise<void> {
  const own = ["SUB foo.bar q1 1", "SUB foo.* 2", "SUB plain 3", "SUB n2.* 4", "SUB foo.nina 5"];
  await scene.client("alice", A, ...own);
  await scene.open("nina");
  const signed = { nkey: PUBLIC_KEY, sig: scene.signatureOf("nina", SEED) };
  await scene.logIn("nina", { ...signed, lang: undefined }, "SUB foo.bar q1 a", "SUB foo.nina b");
  const more = numbered(4, (number) => `SUB foo.${number} 1${number}`);
  await scene.client("ann", { user: "ann", pass: "ann" }, "SUB foo.> 1", "SUB bar q2 2", ...more);
  await scene.client("bee", B, "SUB x 1", "UNSUB 1 50", "SUB froma.s.* 2", "SUB inbox 3");
  await scene.client("carl", { user: "c", pass: "c", name: "" }, "SUB own 1");
  const many = numbered(7, (number) => `SUB ü.* ${number}`);
  await scene.client("zoë", { ...B, name: "zoë <&>" }, "SUB z 0", ...many.slice(1), "SUB ö q 8");
}

async function talk(scene: Scene): Promise<void> {
  await scene.say("alice", publish("n.7", "hello"), publish("s.1", "abc"), publish("foo.x", "hi"));
  const texts = ["hi", "four", "", "6".repeat(60), "1"];
  await scene.say("bee", ...texts.map((text) => publish("x", text)));
  await scene.say("ann", publish("denied", "noes"), publish("foo.ann", "0123456789"));
  await scene.say("ann", ...numbered(4, () => publish("foo.ann", "1")));
  await scene.say("nina", "HPUB foo.nina 12 15\r\nNATS/1.0\r\n\r\nabc", publish("none", "1"));
  await scene.say("zoë", ...numbered(2, () => publish("x", "z".repeat(200))));
  await scene.say("zoë", publish("z", "1"), publish("z", "1"));
  await scene.say("carl", ...numbered(10, () => publish("own", "")));
  // Other orders than that of all that went before.
  for (const name of ["alice", "zoë", "bee", "carl", "nina", "ann"]) {
    await scene.say(name, name === "ann" ? "SUB foo.last 9" : "SUB last 9");
  }
}

function publish(subject: string, text: string): string {
  return `PUB ${subject} ${text.length}\r\n${text}`;
}

function numbered(count: number, line: (number: number) => string): readonly string[] {
  return Array.from({ length: count }, (_, index) => line(index + 1));
}

/** Each for another reason. */
async function close(scene: Scene): Promise<void> {
  await scene.client("gone", B, "SUB old 1", "SUB older.* q 2", "PUB old 3\r\nold");
  await scene.leaves("gone");
  await scene.client("wild", A, "SUB wild 1");
  await scene.isRefused("wild", "WHAT\r\n");
  await scene.open("stranger");
  await scene.isRefused("stranger", 'CONNECT {"user":"a","pass":"x","name":"stranger"}\r\n');
  await scene.client("large", B);
  await scene.isRefused("large", "PUB x 9000\r\n");
  await scene.client("long", B);
  await scene.isRefused("long", `SUB ${"x".repeat(1100)} 1\r\n`);
  await scene.open("second");
  await scene.isRefused("second", 'CONNECT {"user":"c","pass":"c","name":"second"}\r\n');
  await scene.client("headless", { ...B, headers: false });
  await scene.isRefused("headless", "HPUB x 12 12\r\nNATS/1.0\r\n\r\n");
  await scene.open("answerless");
  const answerless = { ...B, no_responders: true, name: "answerless" };
  await scene.isRefused("answerless", `CONNECT ${JSON.stringify(answerless)}\r\n`);
  await scene.open("silent");
  await scene.isDropped("silent");
}

async function system(scene: Scene): Promise<void> {
  await scene.client("system", { user: "s", pass: "s" }, "SUB _INBOX.answers.> 1");
  await connect(scene);
  await talk(scene);
  await scene.client("gone", B, "SUB old 1", "SUB older.* q 2", "PUB old 3\r\nold");
  await scene.leaves("gone");
}

async function open(scene: Scene): Promise<void> {
  await scene.client("one", {}, "SUB foo 1", "SUB bar.> 2");
  await scene.client("gone", { no_responders: true }, "SUB old 1");
  await scene.leaves("gone");
  await scene.client("two", { user: "unknown", pass: "x" }, "PUB foo 2\r\nhi", "SUB foo q 9");
  await scene.open("many");
  await scene.isDropped("many");
}

async function token(scene: Scene): Promise<void> {
  await scene.client("one", { auth_token: "secret" });
  await scene.open("two");
  await scene.isRefused("two", 'CONNECT {"auth_token":"wrong"}\r\n');
}
