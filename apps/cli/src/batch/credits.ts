/** Credits as whole ten-thousandths: exact up to 900 thousand million credits. */
export type Units = number;

export function unitsOf(credits: string): Units {
  const [whole = '0', places = ''] = credits.split('.');
  return Number(whole) * 10_000 + Number(places.padEnd(4, '0').slice(0, 4));
}

export function renderUnits(units: Units): string {
  return `${Math.floor(units / 10_000)}.${String(units % 10_000).padStart(4, '0')}`;
}
