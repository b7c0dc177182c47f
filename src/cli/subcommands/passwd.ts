/**
 * `midge passwd`: prints the bcrypt hash of a password for the configuration file, as
 * `nats server passwd` does. The password comes from a flag, from a prompt or from standard input;
 * stdout gets the hash alone.
 */
import { MAX_COST, MIN_COST, bcryptFallbackReason, hashPassword } from "../../auth/bcrypt.ts";
import { integer } from "../../config/option-kinds.ts";
import { OptionValueError } from "../../config/option-value-error.ts";
import { readSecret, readSecretLine } from "../secret-input.ts";
import { type Subcommand, type SubcommandArguments, SubcommandError } from "../subcommand.ts";

const DEFAULT_COST = "11";
const COST = integer({ valueName: "number", min: MIN_COST, max: MAX_COST });
/** 131 bits, in characters that no shell, URL or configuration file takes for something else. */
const GENERATED_CHARACTERS = 22;
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

export const passwd: Subcommand = {
  meta: {
    name: "passwd",
    description:
      "Prints the bcrypt hash of a password, for use in a configuration file. Without options it\n" +
      "asks for the password, or reads one line if standard input is not a terminal.",
  },
  args: {
    pass: {
      type: "string",
      alias: ["p"],
      valueHint: "password",
      description: "The password; visible in the list of processes",
    },
    cost: {
      type: "string",
      alias: ["c"],
      valueHint: COST.valueName,
      default: DEFAULT_COST,
      description: `${MIN_COST} to ${MAX_COST}, each step doubles the work`,
    },
    generate: {
      type: "boolean",
      alias: ["g"],
      description: `Make a password of ${GENERATED_CHARACTERS} characters and print it too`,
    },
  },
  async run(given) {
    const cost = readCost(given.text("cost") ?? DEFAULT_COST);
    const isGenerated = given.isOn("generate");
    const password = isGenerated ? generatePassword() : await readPassword(given);
    const hash = await hashOrRefuse(password, cost);
    const reason = await bcryptFallbackReason();
    if (reason !== "") console.error(`note: hashed by Bun, without @node-rs/bcrypt: ${reason}`);
    console.log(
      isGenerated ? `Generated password: ${password}\n       bcrypt hash: ${hash}` : hash,
    );
    return 0;
  },
};

function readCost(written: string): number {
  try {
    return COST.parse(written);
  } catch (error) {
    if (!(error instanceof OptionValueError)) throw error;
    const range = `a whole number from ${MIN_COST} to ${MAX_COST}`;
    throw new SubcommandError(`the cost has to be ${range}, not ${JSON.stringify(written)}`);
  }
}

async function readPassword(given: SubcommandArguments): Promise<string> {
  const password = given.text("pass") ?? (await askForPassword());
  if (password === "") throw new SubcommandError("the password is empty");
  return password;
}

async function askForPassword(): Promise<string> {
  if (!process.stdin.isTTY) return readSecretLine();
  const [first, second] = await readSecret(["Enter password: ", "Reenter password: "]);
  if (first === undefined || second === undefined) throw new SubcommandError("no password given");
  if (first !== second) throw new SubcommandError("the passwords do not match");
  return first;
}

async function hashOrRefuse(password: string, cost: number): Promise<string> {
  try {
    return await hashPassword(password, cost);
  } catch (error) {
    if (error instanceof RangeError) throw new SubcommandError(error.message);
    throw error;
  }
}

/** Each character with the same chance: numbers past the alphabet are drawn again. */
export function generatePassword(): string {
  let made = "";
  const draw = new Uint8Array(1);
  while (made.length < GENERATED_CHARACTERS) {
    made += ALPHABET[crypto.getRandomValues(draw)[0]! & 63] ?? "";
  }
  return made;
}
