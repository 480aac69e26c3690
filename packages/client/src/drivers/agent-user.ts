import { userInfo } from 'node:os';
import type { DriverSettings } from './driver-settings.js';

/** Tasks run as the user of the agent: another is DRIVER_CONFIG_INVALID. */
export function refuseUser(user: string, settings: DriverSettings): void {
  if (user === '' || user === String(process.getuid?.()) || user === userInfo().username) return;
  throw settings.invalid('user', user, `must be that of the agent, "${userInfo().username}"`);
}
