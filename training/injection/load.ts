/** Reads what the classifier is trained on: third-party corpora, which stay where they are, and our own text beside this file. */
import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { hashOf, randomFrom } from './random.ts';
import { parseTemplate, sample, size } from './template.ts';

export interface Example {
  readonly text: string;
  readonly attack: boolean;
  /** Where it comes from: a source of the corpora, or `own/` and the name of a file. */
  readonly source: string;
  readonly language: string;
  /** Examples of one group are alike: all of them are in the same fold. */
  readonly group: string;
}

/** Two Chinese rows of a benign collection are jailbreaks: personas that forget all moral and legal limits. */
const MISLABELLED = /DAN 代表|道德和法律限制/;

/** How many texts are sampled from one line of our own. */
const VARIANTS = 6;

interface Row {
  readonly id: string;
  readonly source: string;
  readonly label: number;
  readonly text: string;
  readonly tier?: string;
}

/** The corpora in a folder. BIPIA's goals (tier C) are ordinary requests out of context, and are left out. */
export function loadCorpora(folder: string): Example[] {
  const rows = readFileSync(join(folder, 'injection.dev.jsonl'), 'utf8')
    .split('\n')
    .filter(Boolean)
    .map((line): Row => JSON.parse(line))
    .filter(
      ({ tier, source, text }) => tier !== 'C' && !(source === 'awesome_chatgpt_prompts' && MISLABELLED.test(text)),
    );
  const groups = nearDuplicates(rows.map(({ text }) => text));
  return rows.map(({ source, label, text }, index) => ({
    text,
    attack: label === 1,
    source,
    language: languageOf(text),
    group: `corpora/${groups[index]}`,
  }));
}

/** Our own text: `attacks/<family>.<language>.txt` and `benign/<source>.<language>.txt`. */
export function loadOwn(folder: string = import.meta.dirname): Example[] {
  return globSync(['attacks/*.txt', 'benign/*.txt'], { cwd: folder })
    .sort()
    .flatMap((file) => {
      const [name, language] = basename(file, '.txt').split('.');
      const attack = file.startsWith('attacks');
      return readFileSync(join(folder, file), 'utf8')
        .split('\n')
        .filter((line) => line.trim() !== '' && !line.startsWith('#'))
        .flatMap((line) =>
          expand(line, file).map((text) => ({
            text,
            attack,
            source: `own/${attack ? 'attack' : 'benign'}/${name}`,
            language: language ?? 'en',
            group: `own/${line}`,
          })),
        );
    });
}

function expand(line: string, file: string): string[] {
  try {
    const template = parseTemplate(line);
    const random = randomFrom(hashOf(line));
    const wanted = Math.min(VARIANTS, size(template));
    const texts = new Set<string>();
    for (let tries = 0; texts.size < wanted && tries < 4 * wanted; tries++) texts.add(sample(template, random));
    return [...texts];
  } catch (error) {
    throw new SyntaxError(`${file}: ${String(error)}: ${line.slice(0, 60)}`);
  }
}

/** A guess that is good enough for a table: by script, and for German by its small words. */
export function languageOf(text: string): string {
  const letters = text.match(/\p{L}/gu)?.length ?? 0;
  const of = (script: RegExp) => (text.match(script)?.length ?? 0) > letters * 0.2;
  if (of(/\p{Script=Han}/gu)) return 'zh';
  if (of(/\p{Script=Cyrillic}/gu)) return 'ru';
  if (letters > 0 && (text.match(/\p{Script=Latin}/gu)?.length ?? 0) < letters * 0.7) return 'other';
  const count = (words: RegExp) => text.match(words)?.length ?? 0;
  const english = count(/\b(the|and|is|are|of|to|in|you|what|how|that|for|with|it|my|a)\b/gi);
  const guesses: [string, number][] = [
    [
      'de',
      count(/\b(der|die|das|und|ist|ich|du|wie|ein|eine|nicht|mir|zu|für|den|von|was|im|wir|auf|es|welche|bitte)\b/gi),
    ],
    ['fr', count(/\b(le|la|les|et|est|je|vous|une|des|que|pour|dans|tu|du|moi)\b/gi)],
    ['es', count(/\b(el|los|las|y|que|una|por|para|del|con|tu|todo|lo|mi|eres)\b/gi)],
  ];
  const [language, score] = guesses.reduce((best, guess) => (guess[1] > best[1] ? guess : best));
  return score > english ? language : 'en';
}

/**
 * Puts texts that share a good part of their phrases into one group.
 * @returns for each text the index of the first of its group
 */
export function nearDuplicates(texts: readonly string[]): number[] {
  const parents = texts.map((_, index) => index);
  const root = (index: number): number => {
    while (parents[index] !== index) index = parents[index] = parents[parents[index]!]!;
    return index;
  };
  const owners = new Map<number, number>();
  texts.forEach((text, index) => {
    const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [text];
    const shingles: number[] = [];
    for (let at = 0; at + 6 <= Math.max(words.length, 6); at++)
      shingles.push(hashOf(words.slice(at, at + 6).join(' ')));
    // The smallest hashes are a random sample of the shingles: the same for texts that have them in common.
    for (const shingle of shingles.sort((one, other) => one - other).slice(0, 8)) {
      const owner = owners.get(shingle);
      if (owner === undefined) owners.set(shingle, index);
      else parents[Math.max(root(owner), root(index))] = Math.min(root(owner), root(index));
    }
  });
  return texts.map((_, index) => root(index));
}
