import { compileAcl, explain, parseCheck, parsePolicy } from '@steppe/acl';

const read = { name: 'read', rules: 'namespace "*" { policy = "read" }' };
const dev = {
  name: 'dev',
  rules: 'namespace "dev-*" {\n  policy = "write"\n}\nnamespace "dev-keys" { policy = "deny" }',
};

const developer = compileAcl([read, dev].map(({ rules }) => parsePolicy(rules)));
for (const namespace of ['prod', 'dev-web', 'dev-keys']) {
  const can = (operation: string): boolean => developer.allowNamespaceOperation(namespace, operation);
  console.log(namespace, can('read-job'), can('submit-job'));
  const { reason, grant } = explain([read, dev], parseCheck('NsOp', [namespace, 'submit-job']));
  console.log(`  ${reason}`, grant ?? '');
}
try {
  parsePolicy('agent { policy = "Read" }');
} catch (error) {
  console.log(String(error));
}
