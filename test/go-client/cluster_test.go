package client

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/nomad/api"
	"github.com/hashicorp/nomad/api/contexts"
)

// theNode is the only node of the agent under test.
func theNode(t *testing.T, client *api.Client) *api.Node {
	t.Helper()
	nodes, _, err := client.Nodes().List(&api.QueryOptions{Params: map[string]string{"resources": "true"}})
	must(t, err)
	equal(t, "nodes", len(nodes), 1)
	that(t, nodes[0].NodeResources != nil, "resources", nodes[0])
	node, _, err := client.Nodes().Info(nodes[0].ID, nil)
	must(t, err)
	return node
}

func TestNodes(t *testing.T) {
	client := connect(t)
	nodes := client.Nodes()
	node := theNode(t, client)
	equal(t, "status", node.Status, "ready")
	equal(t, "pool", node.NodePool, "default")
	that(t, node.Drivers["raw_exec"].Healthy, "raw_exec", node.Drivers)
	that(t, node.NodeResources.Cpu.CpuShares > 0 && node.NodeResources.Memory.MemoryMB > 0, "resources", node.NodeResources)
	listed, _, err := nodes.PrefixList(node.ID[:8])
	must(t, err)
	equal(t, "of the prefix", listed[0].ID, node.ID)

	stats, err := nodes.Stats(node.ID, nil)
	must(t, err)
	that(t, stats.Memory.Total > 0 && len(stats.CPU) > 0 && stats.Uptime > 0, "stats", stats)
	must(t, nodes.GC(node.ID, nil))

	ineligible, err := nodes.ToggleEligibility(node.ID, false, nil)
	must(t, err)
	that(t, ineligible.NodeModifyIndex > 0, "reply", ineligible)
	node, _, err = nodes.Info(node.ID, nil)
	must(t, err)
	equal(t, "eligibility", node.SchedulingEligibility, "ineligible")
	_, err = nodes.ToggleEligibility(node.ID, true, nil)
	must(t, err)
	_, _, err = nodes.ForceEvaluate(node.ID, nil)
	must(t, err)
	_, _, err = nodes.Info("00000000-0000-4000-8000-000000000000", nil)
	refused(t, err, "404")
}

func TestDrain(t *testing.T) {
	client := connect(t)
	nodes := client.Nodes()
	node := theNode(t, client)
	_, _, err := client.Jobs().Register(shellJob("service", "drained", "exec sleep 600", 1), nil)
	must(t, err)
	purge(t, client, "drained")
	running(t, client, "drained", 1)

	opts := &api.DrainOptions{DrainSpec: &api.DrainSpec{Deadline: time.Minute}, Meta: map[string]string{"why": "test"}}
	drain, err := nodes.UpdateDrainOpts(node.ID, opts, nil)
	must(t, err)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	var told []string
	for message := range nodes.MonitorDrain(ctx, node.ID, drain.NodeModifyIndex, false) {
		told = append(told, message.Message)
	}
	must(t, ctx.Err())
	that(t, strings.Contains(strings.Join(told, "\n"), "Drain complete"), "what was told", told)
	node, _, err = nodes.Info(node.ID, nil)
	must(t, err)
	equal(t, "last drain", []string{string(node.LastDrain.Status), node.LastDrain.Meta["why"]}, []string{"complete", "test"})
	equal(t, "eligibility", node.SchedulingEligibility, "ineligible")
	_, err = nodes.UpdateDrain(node.ID, nil, true, nil)
	must(t, err)
	running(t, client, "drained", 1)
}

func TestNamespacesAndPools(t *testing.T) {
	client := connect(t)
	namespaces := client.Namespaces()
	_, err := namespaces.Register(&api.Namespace{
		Name: "team", Description: "a team", Meta: map[string]string{"a": "b"},
		Capabilities: &api.NamespaceCapabilities{DisabledTaskDrivers: []string{"node"}},
	}, nil)
	must(t, err)
	team, _, err := namespaces.Info("team", nil)
	must(t, err)
	equal(t, "description", team.Description, "a team")
	equal(t, "drivers", team.Capabilities.DisabledTaskDrivers, []string{"node"})
	listed, _, err := namespaces.PrefixList("te", nil)
	must(t, err)
	equal(t, "of the prefix", []string{listed[0].Name}, []string{"team"})

	inTeam := shellJob("batch", "work", "true", 1)
	inTeam.Namespace = pointer("team")
	_, _, err = client.Jobs().Register(inTeam, nil)
	must(t, err)
	_, err = namespaces.Delete("team", nil)
	refused(t, err, "job")
	everywhere, _, err := client.Jobs().List(&api.QueryOptions{Namespace: "*", Prefix: "work"})
	must(t, err)
	equal(t, "everywhere", everywhere[0].Namespace, "team")
	_, _, err = client.Jobs().Deregister("work", true, &api.WriteOptions{Namespace: "team"})
	must(t, err)
	await(t, "the end of its work", func(q *api.QueryOptions) ([]*api.AllocationListStub, *api.QueryMeta, error) {
		q.Namespace = "team"
		return client.Allocations().List(q)
	}, func(allocs []*api.AllocationListStub) bool {
		for _, alloc := range allocs {
			if !ended(alloc) {
				return false
			}
		}
		return true
	})
	_, err = namespaces.Delete("team", nil)
	must(t, err)

	pools := client.NodePools()
	_, err = pools.Register(&api.NodePool{
		Name: "fast", Description: "disks", NodeIdentityTTL: time.Hour,
		SchedulerConfiguration: &api.NodePoolSchedulerConfiguration{SchedulerAlgorithm: api.SchedulerAlgorithmSpread},
	}, nil)
	must(t, err)
	fast, _, err := pools.Info("fast", nil)
	must(t, err)
	equal(t, "algorithm", fast.SchedulerConfiguration.SchedulerAlgorithm, api.SchedulerAlgorithmSpread)
	nodes, _, err := pools.ListNodes("default", nil)
	must(t, err)
	equal(t, "nodes", len(nodes), 1)
	jobs, _, err := pools.ListJobs("fast", nil)
	must(t, err)
	equal(t, "jobs", len(jobs), 0)
	_, err = pools.Delete("fast", nil)
	must(t, err)
	all, _, err := pools.List(nil)
	must(t, err)
	equal(t, "pools", []string{all[0].Name, all[1].Name}, []string{"all", "default"})
}

func TestSearch(t *testing.T) {
	client := connect(t)
	_, _, err := client.Jobs().Register(shellJob("service", "findable", "exec sleep 600", 1), nil)
	must(t, err)
	purge(t, client, "findable")
	exact, _, err := client.Search().PrefixSearch("findab", contexts.Jobs, nil)
	must(t, err)
	equal(t, "jobs", exact.Matches[contexts.Jobs], []string{"findable"})
	fuzzy, _, err := client.Search().FuzzySearch("indab", contexts.All, nil)
	must(t, err)
	equal(t, "jobs", fuzzy.Matches[contexts.Jobs], []api.FuzzyMatch{{ID: "findable", Scope: []string{"default", "findable"}}})
}

func TestOperator(t *testing.T) {
	client := connect(t)
	operator := client.Operator()
	before, _, err := operator.SchedulerGetConfiguration(nil)
	must(t, err)
	equal(t, "algorithm", before.SchedulerConfig.SchedulerAlgorithm, api.SchedulerAlgorithmBinpack)
	changed := *before.SchedulerConfig
	changed.SchedulerAlgorithm = api.SchedulerAlgorithmSpread
	cas, _, err := operator.SchedulerCASConfiguration(&changed, nil)
	must(t, err)
	equal(t, "with the index that was read", cas.Updated, true)
	cas, _, err = operator.SchedulerCASConfiguration(&changed, nil)
	must(t, err)
	equal(t, "with an old index", cas.Updated, false)
	_, _, err = operator.SchedulerSetConfiguration(before.SchedulerConfig, nil)
	must(t, err)

	servers, err := operator.RaftGetConfiguration(nil)
	must(t, err)
	equal(t, "servers", []bool{len(servers.Servers) == 1, servers.Servers[0].Leader}, []bool{true, true})

	keys, _, err := client.Keyring().List(nil)
	must(t, err)
	fresh, _, err := client.Keyring().Rotate(nil, nil)
	must(t, err)
	that(t, len(keys) > 0 && fresh.KeyID != keys[0].KeyID, "key", fresh)

	snapshot, err := operator.Snapshot(nil)
	must(t, err)
	content, err := io.ReadAll(snapshot)
	must(t, err)
	must(t, snapshot.Close())
	_, err = operator.SnapshotRestore(bytes.NewReader(content), nil)
	must(t, err)
	must(t, client.System().GarbageCollect())
	must(t, client.System().ReconcileSummaries())
}
