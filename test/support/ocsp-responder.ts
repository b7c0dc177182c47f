/**
 * An OCSP responder in the test's process, with an authority of its own: issues certificates that
 * name it, and answers as the test wants. Used by the tests of stapling. Dispose of it with
 * `using`.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type CertificateWish,
  type MadeCertificate,
  makeCertificate,
} from "./certificate-maker.ts";
import { type AnswerWish, ocspAnswer } from "./ocsp-answer.ts";
import { TEST_HOST } from "./running-server.ts";

/** What an answer says beside whom it is about. */
export type AnswerChanges = Partial<Omit<AnswerWish, "certificate" | "issuer">>;

export class OcspResponder implements Disposable {
  readonly authority: MadeCertificate;
  /** Method and path of each question, in their order. */
  readonly questions: string[];
  /** What it has issued, in order. */
  readonly issued: MadeCertificate[];
  readonly #server: Bun.Server<undefined>;
  #answer: () => Response | AnswerChanges;

  constructor() {
    this.authority = makeCertificate({ name: "responder's authority", isAuthority: true });
    this.questions = [];
    this.issued = [];
    this.#answer = () => ({});
    this.#server = Bun.serve({
      hostname: TEST_HOST,
      port: 0,
      fetch: async (request) => this.#respond(request),
    });
  }

  get url(): string {
    return this.#server.url.href;
  }

  /** From now on: good but for these changes, or another response altogether. */
  answer(answer: () => Response | AnswerChanges): void {
    this.#answer = answer;
  }

  issue(wish: Partial<CertificateWish> = {}): MadeCertificate {
    const made = makeCertificate({
      name: "localhost",
      issuer: this.authority,
      usages: ["server"],
      responderUrls: [this.url],
      ...wish,
    });
    this.issued.push(made);
    return made;
  }

  /** Writes `name.pem`, `name-key.pem` and `ca.pem`; the certificate's responder is this one. */
  write(folder: string, name: string, wish: Partial<CertificateWish> = {}): MadeCertificate {
    const made = this.issue(wish);
    writeFileSync(join(folder, `${name}.pem`), made.pem);
    writeFileSync(join(folder, `${name}-key.pem`), made.keyPem);
    writeFileSync(join(folder, "ca.pem"), this.authority.pem);
    return made;
  }

  async #respond(request: Request): Promise<Response> {
    const { pathname } = new URL(request.url);
    this.questions.push(`${request.method} ${pathname}`);
    const question = Buffer.from(
      request.method === "POST"
        ? await request.bytes()
        : Buffer.from(decodeURIComponent(pathname.slice(1)), "base64"),
    );
    const answer = this.#answer();
    if (answer instanceof Response) return answer;
    const certificate = this.issued.find(({ serialNumber }) => question.includes(serialNumber));
    if (certificate === undefined) return new Response("whose?", { status: 404 });
    const wish = { status: "good", certificate, issuer: this.authority, ...answer } as const;
    return new Response(ocspAnswer(wish));
  }

  [Symbol.dispose](): void {
    void this.#server.stop(true);
  }
}
