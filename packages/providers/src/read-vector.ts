export interface Vector {
  base64: string;
  dimensions: number;
}

const dimensionsMax = 65_536;

/** One vector as an answer holds it, numbers or base64; null for what is none. */
export function readVector(value: unknown): Vector | null {
  if (typeof value === 'string') return readBase64(value);
  if (!Array.isArray(value) || value.length === 0 || value.length > dimensionsMax) return null;
  const bytes = Buffer.allocUnsafe(value.length * 4);
  for (let i = 0; i < value.length; i += 1) {
    const number: unknown = value[i];
    if (typeof number !== 'number') return null;
    bytes.writeFloatLE(number, i * 4);
  }
  return vectorOf(bytes);
}

function readBase64(text: string): Vector | null {
  const bytes = Buffer.from(text, 'base64');
  // Buffer reads any text; only the whole one comes back the same.
  return bytes.length > 0 && bytes.length % 4 === 0 && bytes.length <= dimensionsMax * 4 && bytes.toString('base64') === text
    ? vectorOf(bytes)
    : null;
}

function vectorOf(bytes: Buffer): Vector | null {
  for (let at = 0; at < bytes.length; at += 4) if (!Number.isFinite(bytes.readFloatLE(at))) return null;
  return { base64: bytes.toString('base64'), dimensions: bytes.length / 4 };
}
