/** The X.509 parser. Imported from here and nowhere else: its container, tsyringe, cannot load without this polyfill. */
import 'reflect-metadata';

export * from '@peculiar/x509';
