/** Draws probes from the product of lines, disguises, places and ways of delivery. */
import { ANSWER_PLACES, type AnswerPlace, DELIVERIES, piecesOf } from './answers.ts';
import { AS_IS, DISGUISES, type Disguise } from './disguises.ts';
import type { Family } from './families.ts';
import { type Dressed, dress, fill, type Part } from './line.ts';
import { PLACES, type Place, WRITINGS } from './places.ts';
import type { InputProbe, OutputProbe, Probe } from './probe.ts';
import { hashOf, type Random, randomFrom } from './random.ts';
import { CONFESSIONS, SYSTEM_PROMPTS } from './suite/answers.ts';

export interface Sampling {
  readonly seed: string;
  /** How many probes are drawn for a line, the first of them without a disguise; or every one that there is. */
  readonly draws: number | 'all';
  /** The model that is asked for. */
  readonly model: string;
  /** Whether answers can be made up. */
  readonly answers: boolean;
}

/** A line of a family on its way to a probe. */
interface Line {
  readonly family: Family;
  readonly line: string;
}
type Where = Family['where'][number];
type AnyPlace = { readonly input: Place } | { readonly output: AnswerPlace; readonly where: Where };

/** A draw may not fit: a name that is too long, a disguise that changes nothing. Then another one is tried. */
const ATTEMPTS = 20;

/** The probes for one line; the same for the same seed, whatever other lines there are. */
export function* probesFor(family: Family, line: string, sampling: Sampling): Generator<Probe> {
  const of: Line = { family, line };
  const random = randomFrom(`${sampling.seed}\n${family.id}\n${line}`);
  const disguises = DISGUISES.filter(({ honest }) => family.attack || honest);
  const places = placesOf(family, sampling);
  if (places.length === 0) return;
  if (sampling.draws === 'all') {
    for (const disguise of [AS_IS, ...disguises])
      for (const place of places) {
        const probe = probeOf(of, disguise, place, random, sampling);
        if (probe) yield probe;
      }
    return;
  }
  const draw = (disguise: () => Disguise): Probe | null => {
    for (let i = 0; i < ATTEMPTS; i += 1) {
      const probe = probeOf(of, disguise(), random.pick(places), random, sampling);
      if (probe) return probe;
    }
    return null;
  };
  for (let i = 0; i < sampling.draws; i += 1) {
    const probe = draw(() => (i === 0 ? AS_IS : random.pick(disguises)));
    if (probe) yield probe;
  }
}

function placesOf({ where }: Family, { answers }: Sampling): AnyPlace[] {
  return where.flatMap((side): AnyPlace[] => {
    if (side === 'input') return PLACES.map((input) => ({ input }));
    if (!answers) return [];
    const chat = ANSWER_PLACES.filter(({ endpoint }) => side === 'output' || endpoint === 'chat.completions');
    return chat.map((output) => ({ output, where: side }));
  });
}

function probeOf(of: Line, disguise: Disguise, place: AnyPlace, random: Random, sampling: Sampling): Probe | null {
  if ('input' in place) return inputProbe(of, disguise, place.input, random, sampling);
  const parts = place.where === 'confession' && of.family.attack ? confession(of.line, random) : fill(of.line, random);
  const dressed = dress(parts, disguise, random);
  return dressed && outputProbe(of, disguise, place, dressed, random, sampling);
}

const about = ({ family, line }: Line, disguise: Disguise, { values }: Dressed) => ({
  id: `${family.id}-${hashOf(line).toString(16).padStart(8, '0')}`,
  family: family.id,
  line,
  disguise: disguise.id,
  values,
});

function inputProbe(
  of: Line,
  disguise: Disguise,
  place: Place,
  random: Random,
  { model }: Sampling,
): InputProbe | null {
  const dressed = dress(fill(of.line, random), disguise, random);
  const text = dressed && (place.fit ? place.fit(dressed.text) : dressed.text);
  if (!dressed || text === null) return null;
  const delivery = random.pick(Object.keys(WRITINGS));
  const body = WRITINGS[delivery]!({
    model,
    ...(place.endpoint === 'embeddings' ? {} : { max_tokens: 1 }),
    ...place.body(text, random),
  });
  return {
    ...about(of, disguise, dressed),
    direction: 'input',
    place: place.id,
    delivery,
    endpoint: place.endpoint,
    body,
  };
}

function outputProbe(
  of: Line,
  disguise: Disguise,
  { output: place, where }: { readonly output: AnswerPlace; readonly where: Where },
  dressed: Dressed,
  random: Random,
  { model }: Sampling,
): OutputProbe {
  const delivery = random.pick(Object.keys(DELIVERIES));
  const { stream } = DELIVERIES[delivery]!;
  const system = where === 'confession' ? [{ role: 'system', content: systemPromptOf(of) }] : [];
  const asked =
    place.endpoint === 'completions'
      ? { prompt: 'Tell me more about it.' }
      : { messages: [...system, { role: 'user', content: 'Tell me more about it.' }] };
  return {
    ...about(of, disguise, dressed),
    direction: 'output',
    place: place.id,
    delivery,
    endpoint: place.endpoint,
    stream,
    body: JSON.stringify({ model, ...asked, n: place.choices, stream }),
    pieces: piecesOf(place, dressed.text, DELIVERIES[delivery]!, random),
    text: dressed.text,
  };
}

const systemPromptOf = ({ family, line }: Line): string =>
  family.attack ? line : SYSTEM_PROMPTS.find(([, answer]) => answer === line)![0];

/** An answer that gives a system prompt away. */
function confession(prompt: string, random: Random): Part[] {
  const [before = '', after = ''] = random.pick(CONFESSIONS).split('%');
  const parts = [
    { text: before, value: false },
    { text: prompt, value: true },
    { text: after, value: false },
  ];
  return parts.filter(({ text }) => text !== '');
}
