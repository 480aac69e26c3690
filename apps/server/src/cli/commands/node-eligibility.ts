import { errorMessage, goQuote } from '@steppe/domain';
import { clientOf, defineCommand } from '../command.js';
import { chosenNode, demandSwitch, NODE_SWITCH_FLAGS } from './node-choice.js';

export const nodeEligibility = defineCommand({
  flags: NODE_SWITCH_FLAGS,
  takes: '[<node id or prefix>]',
  help: 'Lets a node take new work (-enable), or no more of it (-disable). What runs there goes on.',
  run: async ({ flags, args, io }) => {
    const eligibility = demandSwitch(flags, args) ? 'eligible' : 'ineligible';
    const client = clientOf({ flags, io });
    const id = await chosenNode(client, flags, args);
    try {
      await client.put(`/v1/node/${id}/eligibility`, {}, { NodeID: id, Eligibility: eligibility });
    } catch (error) {
      throw new Error(`Error updating scheduling eligibility: ${errorMessage(error)}`, { cause: error });
    }
    io.writeOut(`Node ${goQuote(id)} scheduling eligibility set: ${eligibility} for scheduling\n`);
    return 0;
  },
});
