import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { diskFiles } from './config-files.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'steppe-config-'));
  writeFileSync(join(folder, 'a.hcl'), 'region = "north"');
  symlinkSync(join(folder, 'a.hcl'), join(folder, 'b.hcl'));
  mkdirSync(join(folder, 'inner'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('files and links to them are listed, folders are not', () => {
  expect(diskFiles.listFiles(folder).toSorted()).toEqual(['a.hcl', 'b.hcl']);
  expect(diskFiles.isFolder(folder)).toBe(true);
  expect(diskFiles.readFile(join(folder, 'b.hcl'))).toBe('region = "north"');
});

test('what fails names the call and the path, in the words of the reference', () => {
  const missing = join(folder, 'none');
  expect(() => diskFiles.isFolder(missing)).toThrow(`stat ${missing}: no such file or directory`);
  expect(() => diskFiles.readFile(missing)).toThrow(`open ${missing}: no such file or directory`);
  expect(() => diskFiles.readFile(folder)).toThrow(`open ${folder}: is a directory`);
});
