package client

import (
	"os"
	"testing"
	"time"

	"github.com/hashicorp/nomad/api"
)

// TestACL needs an agent of its own, whose address comes in STEPPE_ACL_ADDR: it can be bootstrapped once.
func TestACL(t *testing.T) {
	config := api.DefaultConfig()
	config.Address = os.Getenv("STEPPE_ACL_ADDR")
	anonymous, err := api.NewClient(config)
	must(t, err)
	management, err := api.NewClient(config)
	must(t, err)

	_, err = anonymous.Agent().Self()
	refused(t, err, "403", "Permission denied")
	first, _, err := anonymous.ACLTokens().Bootstrap(nil)
	must(t, err)
	equal(t, "type", first.Type, "management")
	_, _, err = anonymous.ACLTokens().Bootstrap(nil)
	refused(t, err, "400", "ACL bootstrap already done")
	management.SetSecretID(first.SecretID)
	self, _, err := management.ACLTokens().Self(nil)
	must(t, err)
	equal(t, "accessor", self.AccessorID, first.AccessorID)

	_, err = management.ACLPolicies().Upsert(&api.ACLPolicy{
		Name: "readers", Description: "who may look", Rules: `agent { policy = "read" } node { policy = "read" }`,
	}, nil)
	must(t, err)
	_, err = management.ACLPolicies().Upsert(&api.ACLPolicy{Name: "bad", Rules: `agent { policy = "own" }`}, nil)
	refused(t, err, "400")
	policy, _, err := management.ACLPolicies().Info("readers", nil)
	must(t, err)
	equal(t, "description", policy.Description, "who may look")
	role, _, err := management.ACLRoles().Create(&api.ACLRole{
		Name: "looking", Policies: []*api.ACLRolePolicyLink{{Name: "readers"}},
	}, nil)
	must(t, err)
	named, _, err := management.ACLRoles().GetByName("looking", nil)
	must(t, err)
	equal(t, "role", named.ID, role.ID)
	role.Description = "who looks"
	_, _, err = management.ACLRoles().Update(role, nil)
	must(t, err)
	roles, _, err := management.ACLRoles().List(nil)
	must(t, err)
	equal(t, "roles", []string{roles[0].Name, roles[0].Description}, []string{"looking", "who looks"})

	token, _, err := management.ACLTokens().Create(&api.ACLToken{
		Name: "eve", Type: "client", Roles: []*api.ACLTokenRoleLink{{Name: "looking"}}, ExpirationTTL: time.Hour,
	}, nil)
	must(t, err)
	that(t, token.ExpirationTime != nil && token.ExpirationTTL == time.Hour, "expiry", token)
	reader, err := api.NewClient(config)
	must(t, err)
	reader.SetSecretID(token.SecretID)
	_, err = reader.Agent().Self()
	must(t, err)
	_, err = reader.Agent().Members()
	must(t, err)
	refused(t, reader.Agent().ForceLeave("nobody"), "403")
	policies, _, err := reader.ACLPolicies().List(nil)
	must(t, err)
	equal(t, "policies of its own", []string{policies[0].Name}, []string{"readers"})
	_, _, err = reader.Jobs().Register(shellJob("batch", "not", "true", 1), nil)
	refused(t, err, "403")

	once, _, err := reader.ACLTokens().UpsertOneTimeToken(nil)
	must(t, err)
	exchanged, _, err := anonymous.ACLTokens().ExchangeOneTimeToken(once.OneTimeSecretID, nil)
	must(t, err)
	equal(t, "token", exchanged.SecretID, token.SecretID)

	keys, err := management.Agent().ListKeys()
	must(t, err)
	equal(t, "nodes", keys.NumNodes, 1)
	const second = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
	_, err = management.Agent().InstallKey(second)
	must(t, err)
	_, err = management.Agent().UseKey(second)
	must(t, err)
	for key := range keys.Keys {
		_, err = management.Agent().RemoveKey(key)
		must(t, err)
	}
	keys, err = management.Agent().ListKeys()
	must(t, err)
	equal(t, "keys", keys.Keys, map[string]int{second: 1})

	token.Name = "adam"
	renamed, _, err := management.ACLTokens().Update(token, nil)
	must(t, err)
	equal(t, "name", renamed.Name, "adam")
	_, err = management.ACLTokens().Delete(token.AccessorID, nil)
	must(t, err)
	_, err = reader.Agent().Self()
	refused(t, err, "403")
	_, err = management.ACLRoles().Delete(role.ID, nil)
	must(t, err)
	_, err = management.ACLPolicies().Delete("readers", nil)
	must(t, err)
	tokens, _, err := management.ACLTokens().List(nil)
	must(t, err)
	equal(t, "tokens", len(tokens), 1)
	_, _, err = management.ACLAuthMethods().List(nil)
	refused(t, err, "501")
}
