/**
 * An authority with an OCSP responder of its own, as a real HTTP server in the test's process, and
 * clients with its certificates. What the responder answers is up to the test.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type CertificateWish,
  type MadeCertificate,
  makeCertificate,
} from "../support/certificate-maker.ts";
import { type AnswerWish, ocspAnswer } from "../support/ocsp-answer.ts";
import { certificatePath } from "./tls-peer.ts";

type Responder = () => Response | Promise<Response>;

export class OcspAuthority implements AsyncDisposable {
  readonly root: MadeCertificate;
  /** Names the responder. */
  readonly client: MadeCertificate;
  /** By certificate; whoever is not there is answered 404. */
  readonly #answers: Map<MadeCertificate, Responder>;
  /** Questions so far. */
  questions: number;
  readonly #server: Bun.Server<undefined>;

  constructor() {
    this.#answers = new Map();
    this.questions = 0;
    this.#server = Bun.serve({
      port: 0,
      hostname: "127.0.0.1",
      fetch: (request) => this.#answer(new URL(request.url).pathname),
    });
    this.root = makeCertificate({ name: "clients", isAuthority: true });
    this.client = this.issue({ name: "client" });
  }

  get url(): string {
    return this.#server.url.href;
  }

  /** A client's certificate, unless the wish says something else. */
  issue(wish: CertificateWish): MadeCertificate {
    const own = { issuer: this.root, usages: ["client"], responderUrls: [this.url] } as const;
    return makeCertificate({ ...own, ...wish });
  }

  /** What is said of the client from now on, or of another certificate of the root. */
  say(status: AnswerWish["status"], more: Partial<AnswerWish> = {}): void {
    const wish = { certificate: this.client, issuer: this.root, status, ...more };
    this.respond(() => new Response(ocspAnswer(wish)), wish.certificate);
  }

  respond(responder: Responder, certificate = this.client): void {
    this.#answers.set(certificate, responder);
  }

  /** Has a `tls` block that trusts the root, with this of `ocsp_peer`. */
  config(folder: string, peer = "", more = "ocsp_cache: false"): string {
    const path = join(folder, "clients.pem");
    writeFileSync(path, this.root.pem);
    return `${more}
      tls { cert_file: "${certificatePath("server.pem")}"
        key_file: "${certificatePath("server-key.pem")}"
        ca_file: "${path}", verify: true, ocsp_peer { verify: true, ${peer} } }`;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.stop(true);
  }

  #answer(path: string): Response | Promise<Response> {
    this.questions++;
    const question = Buffer.from(decodeURIComponent(path.slice(1)), "base64");
    for (const [{ serialNumber }, respond] of this.#answers) {
      if (question.includes(Buffer.from(serialNumber))) return respond();
    }
    return new Response("nobody", { status: 404 });
  }
}

/** A promise and what settles it. */
export function gate(): { readonly opened: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { opened: promise, open: () => resolve() };
}
