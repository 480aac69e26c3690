export { eventually } from '@steppe/testing';
