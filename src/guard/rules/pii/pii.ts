/**
 * Personal data that has a form of its own. Names and addresses have none; they need a model.
 *
 * The order decides between matches of the same length at the same place: what is more certain stands first, telephone
 * numbers, which may look like anything, last.
 */
import type { Rule } from '../../rule.ts';
import { CONTACT } from './contact.ts';
import { DOCUMENTS } from './documents.ts';
import { FINANCE } from './finance.ts';
import { AFRICA_OCEANIA } from './national/africa-oceania.ts';
import { BRITISH_ISLES } from './national/british-isles.ts';
import { CENTRAL_EUROPE } from './national/central-europe.ts';
import { EAST_ASIA } from './national/east-asia.ts';
import { EASTERN_EUROPE } from './national/eastern-europe.ts';
import { FRANCE_LOW_COUNTRIES } from './national/france-low-countries.ts';
import { GERMAN_SPEAKING } from './national/german-speaking.ts';
import { LATIN_AMERICA } from './national/latin-america.ts';
import { NORTH_AMERICA } from './national/north-america.ts';
import { NORTHERN_EUROPE } from './national/northern-europe.ts';
import { SOUTH_EAST_ASIA } from './national/south-east-asia.ts';
import { SOUTH_WEST_ASIA } from './national/south-west-asia.ts';
import { SOUTHERN_EUROPE } from './national/southern-europe.ts';
import { NETWORK } from './network.ts';
import { PHONE } from './phone.ts';
import { type Row, rulesOf } from './row.ts';
import { WALLETS } from './wallets.ts';

export const PII_ROWS: readonly Row[] = [
  ...CONTACT,
  ...NETWORK,
  ...WALLETS,
  ...NORTH_AMERICA,
  ...BRITISH_ISLES,
  ...FRANCE_LOW_COUNTRIES,
  ...NORTHERN_EUROPE,
  ...GERMAN_SPEAKING,
  ...SOUTHERN_EUROPE,
  ...CENTRAL_EUROPE,
  ...EASTERN_EUROPE,
  ...LATIN_AMERICA,
  ...AFRICA_OCEANIA,
  ...EAST_ASIA,
  ...SOUTH_EAST_ASIA,
  ...SOUTH_WEST_ASIA,
  ...FINANCE,
  ...DOCUMENTS,
  ...PHONE,
];

export const PII_RULES: readonly Rule[] = rulesOf(PII_ROWS);
