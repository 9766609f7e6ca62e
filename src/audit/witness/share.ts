/** What one address may have at a time, so that none has everything. */

/** Takes one more for an address; null if it has as many as it may. What is returned gives it back. */
export type Take = (address: string) => (() => void) | null;

/** @param most how many each may have */
export function shared(most: number): Take {
  const taken = new Map<string, number>();
  return (address) => {
    const holder = holderOf(address);
    const count = taken.get(holder) ?? 0;
    if (count >= most) return null;
    taken.set(holder, count + 1);
    return () => {
      const left = taken.get(holder)! - 1;
      if (left > 0) taken.set(holder, left);
      else taken.delete(holder);
    };
  };
}

/** Who has an address: of IPv6, whoever has one has all of its /64 (RFC 4291 §2.5.4). */
export function holderOf(address: string): string {
  const [, ipv4] = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/.exec(address) ?? [];
  if (ipv4 !== undefined || !address.includes(':')) return ipv4 ?? address;
  const [left = [], right = []] = address.split('::').map((groups) => groups.split(':').filter(Boolean));
  const zeros = new Array(Math.max(0, 8 - left.length - right.length)).fill('0');
  return [...left, ...zeros, ...right].slice(0, 4).join(':');
}
