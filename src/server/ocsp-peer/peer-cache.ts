/**
 * The cache of OCSP responses as `ocsp_cache` asks for it: in memory and in a file that is read at
 * start and written now and then, or none. Opened while peers are checked. Log lines are
 * nats-server's.
 */
import type { OcspCacheSettings } from "../../config/blocks/ocsp.ts";
import type { OcspCacheFacts } from "../../monitor/endpoint.ts";
import type { Clock } from "../../util/clock.ts";
import type { Logger } from "../../util/logger.ts";
import { messageOf } from "../../util/system-error.ts";
import { cacheFilePath, readCacheFile, writeCacheFile } from "./cache-file.ts";
import { ResponseCache } from "./response-cache.ts";

export class PeerCache {
  readonly settings: OcspCacheSettings;
  readonly #clock: Clock;
  readonly #logger: Logger;
  /** Undefined if nothing is kept. */
  readonly responses: ResponseCache | undefined;
  #cancelSave: () => void;
  /** The saving under way. */
  #saving: Promise<void>;

  constructor(settings: OcspCacheSettings, clock: Clock, logger: Logger) {
    this.settings = settings;
    this.#clock = clock;
    this.#logger = logger;
    const debug = (text: string) => logger.debug(text);
    const keeps = settings.type === "local";
    this.responses = keeps ? new ResponseCache(settings.preserveRevoked, debug) : undefined;
    this.#cancelSave = () => {};
    this.#saving = Promise.resolve();
  }

  open(): void {
    if (this.responses !== undefined) {
      this.#logger.debug("Starting OCSP peer cache");
      this.#load(this.responses);
      this.#saveLater();
    }
    this.#logger.info(`OCSP peer cache online, type [${this.settings.type}]`);
  }

  /** Resolves when everything is in the file, or the log has the reason why not. */
  close(): Promise<void> {
    if (this.responses === undefined) return Promise.resolve();
    this.#logger.debug("Stopping OCSP peer cache");
    this.#cancelSave();
    return this.#save();
  }

  get facts(): OcspCacheFacts | undefined {
    const { responses, settings } = this;
    if (responses === undefined) return undefined;
    const { hits, misses, counts } = responses;
    return { type: settings.type, hits, misses, ...counts };
  }

  #load(responses: ResponseCache): void {
    const path = cacheFilePath(this.settings.localStore);
    this.#logger.debug(`Loading OCSP peer cache [${path}]`);
    try {
      const found = readCacheFile(path);
      if (found === undefined) {
        this.#logger.debug("No OCSP peer cache found, starting with empty cache");
        return;
      }
      // What has been learnt since the file was asked for is newer.
      const isEmpty = responses.isEmpty;
      for (const [key, cached] of found) if (!responses.has(key)) responses.put(key, cached);
      if (isEmpty) responses.isChanged = false;
    } catch (error) {
      this.#logger.warn(`Unable to load OCSP peer cache: ${messageOf(error)}`);
      responses.isChanged = true;
    }
  }

  #saveLater(): void {
    this.#cancelSave = this.#clock.after(this.settings.saveIntervalMs, () => {
      this.#logger.debug("OCSP peer cache save timer expired");
      void this.#save();
      this.#saveLater();
    });
  }

  /** One after the other. Never rejects. */
  #save(): Promise<void> {
    this.#saving = this.#saving.then(() => this.#saveNow());
    return this.#saving;
  }

  async #saveNow(): Promise<void> {
    const { responses } = this;
    if (responses === undefined || !responses.isChanged) return;
    this.#logger.debug("OCSP peer cache is dirty, saving");
    this.#logger.debug(`Saving OCSP peer cache [${cacheFilePath(this.settings.localStore)}]`);
    // What comes while it is written is for the next time.
    responses.isChanged = false;
    try {
      const size = await writeCacheFile(this.settings.localStore, responses.entries);
      this.#logger.debug(`Saved OCSP peer cache successfully (${size} bytes)`);
    } catch (error) {
      responses.isChanged = true;
      this.#logger.error(`Unable to save OCSP peer cache: ${messageOf(error)}`);
    }
  }
}
