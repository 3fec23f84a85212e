import { toStorable } from '@sluice/contract';

export interface StorableText {
  /** The delta made storable, together with a half that was kept back before; it may be empty. */
  push(delta: string): string;
  /** What is still kept back when the text ends. */
  end(): string;
}

/**
 * Makes one text storable that arrives in deltas. Vendors cut between UTF-16 units, so a high surrogate at the end of a delta is
 * kept back and joined with what follows; only a half that stays alone becomes U+FFFD. NUL becomes U+FFFD.
 */
export function createStorableText(): StorableText {
  let kept = '';
  return {
    push(delta) {
      const text = kept + delta;
      kept = endsInHighSurrogate(text) ? text.slice(-1) : '';
      return toStorable(kept ? text.slice(0, -1) : text);
    },
    end() {
      const text = toStorable(kept);
      kept = '';
      return text;
    },
  };
}

function endsInHighSurrogate(text: string): boolean {
  return (text.charCodeAt(text.length - 1) & 0xfc00) === 0xd800;
}
