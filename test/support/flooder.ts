/**
 * A program of its own that floods a server until it is killed: one connection publishes without
 * pause what another receives many times over. Run by the hostile tests as
 * `bun flooder.ts <port> <copies of each message>`; prints a line when the flood has begun.
 */
import { RawPeer } from "./raw-peer.ts";
import { TEST_HOST } from "./running-server.ts";

const CONNECT = 'CONNECT {"verbose":false,"pedantic":false}\r\n';

const [port, copies] = process.argv.slice(2).map(Number);
const receiver = await RawPeer.open(TEST_HOST, port!);
const subscriptions = Array.from({ length: copies! }, (_, sid) => `SUB flood ${sid}\r\n`);
await receiver.send(CONNECT + subscriptions.join(""));
await receiver.synchronise();
const publisher = await RawPeer.open(TEST_HOST, port!);
await publisher.send(CONNECT);
const messages = Buffer.from(`PUB flood 16\r\n${"x".repeat(16)}\r\n`.repeat(8000));
await publisher.send(messages);
console.log("flooding");
while (await publisher.send(messages));
