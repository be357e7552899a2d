import { fails, holds, statusRow, type Asked, type Finding } from '../finding.ts';

/** The status goes to and fro (derive/flap.ts decides). */
export function isFlapping({ row }: Asked): Finding {
  const { overlay, flaps, flap, status } = statusRow(row);
  const evidence = { flaps, score: flap.score, status };
  return overlay.flapping
    ? holds('The status goes to and fro; single changes are not told until it settles.', evidence, flap.at)
    : fails(`It has settled: ${status}.`, evidence);
}
