package client

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/nomad/api"
)

func TestAgentSelf(t *testing.T) {
	agent := connect(t).Agent()
	self, err := agent.Self()
	must(t, err)
	equal(t, "status", self.Member.Status, "alive")
	equal(t, "role", self.Member.Tags["role"], "nomad")
	that(t, self.Member.Port > 0 && self.Member.Addr != "", "address", self.Member)
	that(t, len(self.Stats["nomad"]) > 0 && len(self.Stats["client"]) > 0, "stats of both roles", self.Stats)

	region, err := agent.Region()
	must(t, err)
	equal(t, "region", region, "global")
	datacenter, err := agent.Datacenter()
	must(t, err)
	equal(t, "datacenter", datacenter, "dc1")
	name, err := agent.NodeName()
	must(t, err)
	equal(t, "name", name, self.Member.Name)
}

func TestAgentMembersAndServers(t *testing.T) {
	client := connect(t)
	_, err := client.Raw().Query("/v1/agent/nothing", nil, nil)
	refused(t, err, "404")
	members, err := client.Agent().Members()
	must(t, err)
	equal(t, "members", len(members.Members), 1)
	equal(t, "region", members.ServerRegion, "global")
	equal(t, "datacenter", members.ServerDC, "dc1")
	equal(t, "name", members.Members[0].Name, members.ServerName+".global")

	servers, err := client.Agent().Servers()
	must(t, err)
	equal(t, "servers", len(servers), 1)
	must(t, client.Agent().SetServers(servers))
	refused(t, client.Agent().SetServers(nil), "400")

	leader, err := client.Status().Leader()
	must(t, err)
	peers, err := client.Status().Peers()
	must(t, err)
	equal(t, "peers", peers, []string{leader})
	elsewhere, err := client.Status().RegionLeader("global")
	must(t, err)
	equal(t, "leader of the region", elsewhere, leader)
	_, err = client.Status().RegionLeader("nowhere")
	refused(t, err, "500", "No path to region")

	regions, err := client.Regions().List()
	must(t, err)
	equal(t, "regions", regions, []string{"global"})
}

func TestAgentJoinAndForceLeave(t *testing.T) {
	agent := connect(t).Agent()
	servers, err := agent.Members()
	must(t, err)
	self := servers.Members[0]
	joined, err := agent.Join(self.Addr)
	must(t, err)
	equal(t, "joined", joined, 1)
	_, err = agent.Join("127.99.98.97:1")
	refused(t, err, "failed to join 127.99.98.97:1", "connection refused")
	must(t, agent.ForceLeave("nobody"))
	must(t, agent.ForceLeaveWithOptions("nobody", api.ForceLeaveOpts{Prune: true}))
}

func TestAgentHealthAndHost(t *testing.T) {
	client := connect(t)
	health, err := client.Agent().Health()
	must(t, err)
	that(t, health.Server.Ok && health.Client.Ok, "health", health)

	nodes, _, err := client.Nodes().List(nil)
	must(t, err)
	node := nodes[0].ID
	self, err := client.Agent().Self()
	must(t, err)
	for _, target := range [][2]string{{self.Member.Name, ""}, {"leader", ""}, {"", node}} {
		host, err := client.Agent().Host(target[0], target[1], nil)
		must(t, err)
		that(t, host.AgentID != "", "id", host)
		that(t, host.HostData != nil && host.HostData.OS != "" && len(host.HostData.Disk) > 0, "host", host.HostData)
	}
	_, err = client.Agent().Host("nobody", "", nil)
	refused(t, err, "500", "unknown Nomad server nobody")
}

func TestAgentMonitor(t *testing.T) {
	client := connect(t)
	for _, json := range []string{"false", "true"} {
		stop := make(chan struct{})
		q := &api.QueryOptions{Params: map[string]string{"log_level": "trace", "log_json": json}}
		frames, failures := client.Agent().Monitor(stop, q)
		// Something to log about.
		_, err := client.Agent().Self()
		must(t, err)
		data := next(t, frames, failures)
		that(t, strings.TrimSpace(data) != "", "data", data)
		equal(t, "an object a line", strings.HasPrefix(data, "{"), json == "true")
		close(stop)
	}
	_, failures := client.Agent().Monitor(nil, &api.QueryOptions{Params: map[string]string{"log_level": "loud"}})
	refused(t, <-failures, "400", "loud")
}

func TestAgentProfiles(t *testing.T) {
	agent := connect(t).Agent()
	members, err := agent.Members()
	must(t, err)
	gzipped := []byte{0x1f, 0x8b}
	for _, server := range []string{"", members.Members[0].Name} {
		cpu, err := agent.CPUProfile(api.PprofOptions{Seconds: 1, ServerID: server}, nil)
		must(t, err)
		that(t, bytes.HasPrefix(cpu, gzipped), "a profile", cpu[:2])
	}
	for _, name := range []string{"heap", "allocs", "goroutine", "threadcreate", "block", "mutex"} {
		profile, err := agent.Lookup(name, api.PprofOptions{}, nil)
		must(t, err)
		that(t, bytes.HasPrefix(profile, gzipped), name, profile[:2])
	}
	text, err := agent.Lookup("goroutine", api.PprofOptions{Debug: 1}, nil)
	must(t, err)
	that(t, strings.HasPrefix(string(text), "goroutine profile: total "), "text", string(text))
	trace, err := agent.Trace(api.PprofOptions{Seconds: 1}, nil)
	must(t, err)
	that(t, len(trace) > 0, "trace", trace)
	_, err = agent.Lookup("luck", api.PprofOptions{}, nil)
	refused(t, err, "404", "luck")
}

func TestAgentKeyring(t *testing.T) {
	_, err := connect(t).Agent().ListKeys()
	refused(t, err, "500")
}

func TestAgentSchedulers(t *testing.T) {
	agent := connect(t).Agent()
	before, err := agent.GetSchedulerWorkerConfig(nil)
	must(t, err)
	changed, err := agent.SetSchedulerWorkerConfig(
		api.SchedulerWorkerPoolArgs{NumSchedulers: 1, EnabledSchedulers: []string{"service", "_core"}}, nil)
	must(t, err)
	equal(t, "workers", changed.NumSchedulers, 1)
	info, err := agent.GetSchedulerWorkersInfo(nil)
	must(t, err)
	equal(t, "workers", len(info.Schedulers), 1)
	for _, worker := range info.Schedulers {
		_, err := time.Parse(time.RFC3339Nano, worker.Started)
		must(t, err)
		that(t, worker.ID != "" && worker.Status != "" && worker.WorkloadStatus != "", "worker", worker)
	}
	_, err = agent.SetSchedulerWorkerConfig(api.SchedulerWorkerPoolArgs{NumSchedulers: 1}, nil)
	refused(t, err, "400")
	restored, err := agent.SetSchedulerWorkerConfig(*before, nil)
	must(t, err)
	equal(t, "workers", restored, before)
}

func TestMetrics(t *testing.T) {
	operator := connect(t).Operator()
	summary, _, err := operator.MetricsSummary(nil)
	must(t, err)
	that(t, len(summary.Gauges) > 0, "metrics", summary)
	_, err = time.Parse("2006-01-02 15:04:05 -0700 MST", summary.Timestamp)
	must(t, err)
	prometheus, err := operator.Metrics(&api.QueryOptions{Params: map[string]string{"format": "prometheus"}})
	must(t, err)
	that(t, bytes.Contains(prometheus, []byte("# TYPE ")), "metrics", string(prometheus))
}
