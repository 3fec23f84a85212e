/**
 * Best effort news between processes: "look now" on a topic such as `settle`, `cancel` or `providers`. Whoever listens must
 * also look by itself now and then, since a ring may be lost.
 */
export interface Bell {
  /** Never throws and is not waited for. */
  ring(topic: string, payload?: string): void;
  /**
   * Resolves when later rings will be heard. The listener gets the ring's payload, or undefined when there was none or when
   * rings may have been missed: then look at everything. The answer ends it. A listener must not throw.
   */
  listen(topic: string, onRing: (payload: string | undefined) => void): Promise<() => void>;
  close(): Promise<void>;
}
