/** JWTs for the tests; their signatures are not valid, since nothing here checks them. */

export const OPERATOR_KEY = "OD76GN2KFSNC3STTSV2X3VT6ECVGF2RVXXUHA6ITPX2B4VKR7C5UHYGT";
export const OTHER_OPERATOR_KEY = "OCJKNIG3PR7LP6YJ6OXQ6FNEVKAMTFTEL3P4BTFXDKCXLC4RUKMDYHVG";
/** Not a public key: who has it can sign as the operator. */
export const OPERATOR_SEED = "SOANKQR3WF4M6N7NZYHSS3LUOSIMBWVSH55TEWTF24ZZY7K5CV4QRUVCGU";
export const ACCOUNT_KEY = "ABE7ATLCNXMCOIGP7OQEDX5ZE6MTFHSND3BRDEAIYTQ6BGTZ26V3PXNS";

export interface JwtParts {
  readonly header?: unknown;
  readonly issuer?: string;
  /** Claims of the kind. */
  readonly nats?: Readonly<Record<string, unknown>>;
  /** Claims that every JWT has. */
  readonly body?: Readonly<Record<string, unknown>>;
}

export function operatorJwt({ nats, ...parts }: JwtParts = {}): string {
  return jwt({ issuer: OPERATOR_KEY, ...parts, nats: { type: "operator", version: 2, ...nats } });
}

export function accountJwt({ nats, ...parts }: JwtParts = {}): string {
  return jwt({ issuer: OPERATOR_KEY, ...parts, nats: { type: "account", version: 2, ...nats } });
}

export function jwt({ header, issuer, nats, body }: JwtParts): string {
  const payload = { iat: 1_700_000_000, iss: issuer, name: "Main", sub: issuer, nats, ...body };
  const parts = [header ?? { typ: "JWT", alg: "ed25519-nkey" }, payload].map(encoded);
  return [...parts, "c2lnbmF0dXJl"].join(".");
}

function encoded(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString("base64url");
}
