import { compileAcl, parsePolicy } from '@steppe/acl';

const developer = compileAcl([
  parsePolicy('namespace "*" { policy = "read" }'),
  parsePolicy('namespace "dev-*" { policy = "write" }\nnamespace "dev-secrets" { policy = "deny" }'),
]);
for (const namespace of ['prod', 'dev-web', 'dev-secrets']) {
  const can = (operation: string): boolean => developer.allowNamespaceOperation(namespace, operation);
  console.log(namespace, can('read-job'), can('submit-job'));
}
try {
  parsePolicy('agent { policy = "Read" }');
} catch (error) {
  console.log(String(error));
}
