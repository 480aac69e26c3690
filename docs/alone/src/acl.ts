import { compileAcl, parsePolicy, StorelessTokenResolver } from '@steppe/acl';
import { Secret } from '@steppe/domain';

const operator = compileAcl([parsePolicy('agent { policy = "read" }')]);
console.log(operator.allowAgentRead(), operator.allowAgentWrite(), operator.allowNodeRead());

const resolver = new StorelessTokenResolver({ aclEnabled: true });
console.log(resolver.resolve(undefined).allowAgentRead());
try {
  resolver.resolve(new Secret('8b0a8c1e-0000-4000-8000-5b1d7f6a2c3d'));
} catch (error) {
  console.log(String(error));
}
