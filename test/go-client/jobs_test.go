package client

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/nomad/api"
)

// shellJob is a job of one group whose task runs a line of shell.
func shellJob(kind, id, line string, count int) *api.Job {
	task := api.NewTask("main", "raw_exec").SetConfig("command", "/bin/sh").SetConfig("args", []string{"-c", line})
	task.Require(&api.Resources{CPU: pointer(20), MemoryMB: pointer(16)})
	group := api.NewTaskGroup("group", count).AddTask(task)
	job := &api.Job{ID: &id, Name: &id, Type: &kind}
	return job.AddTaskGroup(group)
}

// running waits until so many allocations of a job run, and gives those.
func running(t *testing.T, client *api.Client, job string, count int) []*api.AllocationListStub {
	t.Helper()
	isRunning := func(alloc *api.AllocationListStub) bool {
		return alloc.ClientStatus == api.AllocClientStatusRunning && alloc.DesiredStatus == api.AllocDesiredStatusRun
	}
	read := func(q *api.QueryOptions) ([]*api.AllocationListStub, *api.QueryMeta, error) {
		return client.Jobs().Allocations(job, true, q)
	}
	allocs := await(t, "allocations of "+job, read, func(allocs []*api.AllocationListStub) bool {
		found := 0
		for _, alloc := range allocs {
			if isRunning(alloc) {
				found++
			}
		}
		return found == count
	})
	var those []*api.AllocationListStub
	for _, alloc := range allocs {
		if isRunning(alloc) {
			those = append(those, alloc)
		}
	}
	return those
}

// purge takes a job away once the test is over.
func purge(t *testing.T, client *api.Client, job string) {
	t.Cleanup(func() {
		_, _, err := client.Jobs().Deregister(job, true, nil)
		must(t, err)
	})
}

func TestJobFromTextToEnd(t *testing.T) {
	client := connect(t)
	jobs := client.Jobs()
	source := `
job "web" {
  type = "service"
  group "group" {
    count = 2
    task "main" {
      driver = "raw_exec"
      config {
        command = "/bin/sh"
        args    = ["-c", "echo out; echo err >&2; exec sleep 600"]
      }
      resources {
        cpu    = 20
        memory = 16
      }
    }
  }
}`
	job, err := jobs.ParseHCL(source, true)
	must(t, err)
	equal(t, "id", *job.ID, "web")
	_, err = jobs.ParseHCL(`job "web" {`, true)
	refused(t, err, "400")

	valid, _, err := jobs.Validate(job, nil)
	must(t, err)
	equal(t, "problems", valid.ValidationErrors, nil)
	plan, _, err := jobs.Plan(job, true, nil)
	must(t, err)
	equal(t, "diff", plan.Diff.Type, "Added")
	equal(t, "placed", plan.Annotations.DesiredTGUpdates["group"].Place, uint64(2))
	equal(t, "failed", len(plan.FailedTGAllocs), 0)

	submission := &api.JobSubmission{Source: source, Format: "hcl2"}
	registered, _, err := jobs.RegisterOpts(job, &api.RegisterOptions{Submission: submission}, nil)
	must(t, err)
	purge(t, client, "web")
	that(t, registered.EvalID != "" && registered.JobModifyIndex > 0, "reply", registered)
	_, _, err = jobs.EnforceRegister(job, registered.JobModifyIndex+1_000, nil)
	refused(t, err, "Enforcing job modify index")

	allocs := running(t, client, "web", 2)
	equal(t, "evaluation", allocs[0].EvalID, registered.EvalID)
	evaluation := await(t, "the evaluation", func(q *api.QueryOptions) (*api.Evaluation, *api.QueryMeta, error) {
		return client.Evaluations().Info(registered.EvalID, q)
	}, func(evaluation *api.Evaluation) bool { return evaluation.Status == api.EvalStatusComplete })
	equal(t, "cause", evaluation.TriggeredBy, "job-register")
	placed, _, err := client.Evaluations().Allocations(evaluation.ID, nil)
	must(t, err)
	equal(t, "placed by it", len(placed), 2)

	info, _, err := jobs.Info("web", nil)
	must(t, err)
	equal(t, "status", *info.Status, "running")
	equal(t, "count", *info.TaskGroups[0].Count, 2)
	summary, _, err := jobs.Summary("web", nil)
	must(t, err)
	equal(t, "running", summary.Summary["group"].Running, 2)
	listed, _, err := jobs.PrefixList("we")
	must(t, err)
	equal(t, "of the prefix", []string{listed[0].ID, listed[0].Status}, []string{"web", "running"})
	filtered, _, err := jobs.List(&api.QueryOptions{Filter: `Type == "batch" and ID == "web"`})
	must(t, err)
	equal(t, "filtered", len(filtered), 0)
	kept, _, err := jobs.Submission("web", 0, nil)
	must(t, err)
	equal(t, "source", kept.Source, source)

	deployments, _, err := jobs.Deployments("web", true, nil)
	must(t, err)
	equal(t, "deployments", len(deployments), 0)
	latest, _, err := jobs.LatestDeployment("web", nil)
	must(t, err)
	equal(t, "deployment", latest, nil)
	services, _, err := jobs.Services("web", nil)
	must(t, err)
	equal(t, "services", len(services), 0)

	_, _, err = jobs.Scale("web", "group", pointer(3), "more", false, map[string]any{"by": "test"}, nil)
	must(t, err)
	running(t, client, "web", 3)
	scale, _, err := jobs.ScaleStatus("web", nil)
	must(t, err)
	equal(t, "desired", scale.TaskGroups["group"].Desired, 3)
	events := scale.TaskGroups["group"].Events
	that(t, len(events) == 1 && events[0].Message == "more" && *events[0].Count == 3, "events", events)

	*job.TaskGroups[0].Count = 1
	changed, _, err := jobs.Register(job, nil)
	must(t, err)
	that(t, changed.JobModifyIndex > registered.JobModifyIndex, "index", changed)
	running(t, client, "web", 1)
	versions, diffs, _, err := jobs.Versions("web", true, nil)
	must(t, err)
	equal(t, "versions", []int{len(versions), len(diffs)}, []int{3, 2})
	_, _, err = jobs.Revert("web", 0, nil, nil, "", "")
	must(t, err)
	running(t, client, "web", 2)

	again, _, err := jobs.ForceEvaluate("web", nil)
	must(t, err)
	evaluations, _, err := jobs.Evaluations("web", nil)
	must(t, err)
	found := false
	for _, evaluation := range evaluations {
		found = found || evaluation.ID == again
	}
	that(t, found, "the forced evaluation", evaluations)

	_, _, err = jobs.Deregister("web", false, nil)
	must(t, err)
	running(t, client, "web", 0)
	info, _, err = jobs.Info("web", nil)
	must(t, err)
	equal(t, "stopped", *info.Stop, true)
	_, _, err = jobs.Info("nothing", nil)
	refused(t, err, "404", "job not found")
}

// Programs often fill in every default before they register a job, as the client's own Canonicalize does.
func TestJobWithEveryDefault(t *testing.T) {
	client := connect(t)
	for _, kind := range []string{"service", "batch", "system", "sysbatch"} {
		id := "full-" + kind
		job := shellJob(kind, id, "exec sleep 600", 1)
		job.Canonicalize()
		_, _, err := client.Jobs().Register(job, nil)
		must(t, err)
		purge(t, client, id)
		running(t, client, id, 1)
		plan, _, err := client.Jobs().Plan(job, true, nil)
		must(t, err)
		equal(t, "diff of the same job again", plan.Diff.Type, "None")
		stored, _, err := client.Jobs().Info(id, nil)
		must(t, err)
		plan, _, err = client.Jobs().Plan(stored, true, nil)
		must(t, err)
		equal(t, "diff of what is stored", plan.Diff.Type, "None")
	}
}

func TestJobThatAsksForWhatIsNotThere(t *testing.T) {
	client := connect(t)
	job := shellJob("batch", "nightly", "true", 1).AddPeriodicConfig(&api.PeriodicConfig{Spec: pointer("@daily")})
	job.Canonicalize()
	_, _, err := client.Jobs().Register(job, nil)
	refused(t, err, "400", "eriodic")

	large := shellJob("service", "large", "true", 1)
	large.TaskGroups[0].Tasks[0].Resources.MemoryMB = pointer(1 << 30)
	_, _, err = client.Jobs().Register(large, nil)
	must(t, err)
	purge(t, client, "large")
	blocked := await(t, "evaluations of large", func(q *api.QueryOptions) ([]*api.Evaluation, *api.QueryMeta, error) {
		return client.Jobs().Evaluations("large", q)
	}, func(evaluations []*api.Evaluation) bool {
		return len(evaluations) == 2 && evaluations[0].Status != "pending" && evaluations[1].Status != "pending"
	})
	for _, evaluation := range blocked {
		if evaluation.Status == api.EvalStatusComplete {
			equal(t, "exhausted", evaluation.FailedTGAllocs["group"].DimensionExhausted["memory"], 1)
		} else {
			equal(t, "status", evaluation.Status, api.EvalStatusBlocked)
		}
	}
	count, _, err := client.Evaluations().Count(&api.QueryOptions{Filter: `JobID == "large"`})
	must(t, err)
	equal(t, "evaluations", count.Count, 2)
}

func TestAllocations(t *testing.T) {
	client := connect(t)
	line := `echo first; echo problem >&2; trap 'echo hup' HUP; while true; do sleep 0.1; done`
	_, _, err := client.Jobs().Register(shellJob("service", "files", line, 1), nil)
	must(t, err)
	purge(t, client, "files")
	stub := running(t, client, "files", 1)[0]
	alloc, _, err := client.Allocations().Info(stub.ID, nil)
	must(t, err)
	equal(t, "name", alloc.Name, "files.group[0]")
	equal(t, "task", alloc.TaskStates["main"].State, "running")
	equal(t, "job", *alloc.Job.ID, "files")
	listed, _, err := client.Allocations().PrefixList(alloc.ID[:8])
	must(t, err)
	equal(t, "of the prefix", []string{listed[0].ID}, []string{alloc.ID})
	ofNode, _, err := client.Nodes().Allocations(alloc.NodeID, nil)
	must(t, err)
	that(t, len(ofNode) > 0, "of the node", ofNode)

	fs := client.AllocFS()
	files, _, err := fs.List(alloc, "alloc/logs", nil)
	must(t, err)
	equal(t, "files", []string{files[0].Name, files[1].Name}, []string{"main.stderr.0", "main.stdout.0"})
	logs, logFailures := fs.Logs(alloc, true, "main", "stdout", "start", 0, nil, nil)
	equal(t, "log", next(t, logs, logFailures), "first\n")
	problems, failures := fs.Logs(alloc, false, "main", "stderr", "end", 8, nil, nil)
	reader := api.NewFrameReader(problems, failures, make(chan struct{}))
	text, err := io.ReadAll(reader)
	must(t, err)
	equal(t, "the end of the log", string(text), "problem\n")
	stat, _, err := fs.Stat(alloc, "alloc/logs/main.stderr.0", nil)
	must(t, err)
	equal(t, "size", stat.Size, int64(8))
	for _, open := range []func() (io.ReadCloser, error){
		func() (io.ReadCloser, error) { return fs.Cat(alloc, "alloc/logs/main.stderr.0", nil) },
		func() (io.ReadCloser, error) { return fs.ReadAt(alloc, "alloc/logs/main.stderr.0", 0, 8, nil) },
	} {
		file, err := open()
		must(t, err)
		content, err := io.ReadAll(file)
		must(t, err)
		equal(t, "content", string(content), "problem\n")
	}
	cancel := make(chan struct{})
	frames, failures := fs.Stream(alloc, "alloc/logs/main.stderr.0", "start", 3, cancel, nil)
	equal(t, "frame", next(t, frames, failures), "blem\n")
	close(cancel)
	_, _, err = fs.Stat(alloc, "../../..", nil)
	refused(t, err, "escapes")

	stats, err := client.Allocations().Stats(alloc, nil)
	must(t, err)
	that(t, stats.Tasks["main"].ResourceUsage.MemoryStats.RSS > 0, "memory", stats)
	checks, err := client.Allocations().Checks(alloc.ID, nil)
	must(t, err)
	equal(t, "checks", len(checks), 0)

	must(t, client.Allocations().Signal(alloc, nil, "main", "SIGHUP"))
	equal(t, "log", next(t, logs, logFailures), "hup\n")

	must(t, client.Allocations().Restart(alloc, "main", nil))
	must(t, client.Allocations().RestartAllTasks(alloc, nil))
	restarted := await(t, "the restarts", func(q *api.QueryOptions) (*api.Allocation, *api.QueryMeta, error) {
		return client.Allocations().Info(alloc.ID, q)
	}, func(alloc *api.Allocation) bool {
		state := alloc.TaskStates["main"]
		return state.Restarts == 2 && state.State == "running"
	})
	refused(t, client.Allocations().GC(restarted, nil), "400")
	refused(t, client.Allocations().Restart(alloc, "nobody", nil), "nobody")

	stopped, err := client.Allocations().Stop(alloc, nil)
	must(t, err)
	that(t, stopped.EvalID != "" && stopped.LastIndex > 0, "reply", stopped)
	next := await(t, "the replacement", func(q *api.QueryOptions) ([]*api.AllocationListStub, *api.QueryMeta, error) {
		return client.Jobs().Allocations("files", true, q)
	}, func(allocs []*api.AllocationListStub) bool {
		over, live := false, false
		for _, each := range allocs {
			over = over || (each.ID == alloc.ID && ended(each))
			live = live || (each.ID != alloc.ID && each.ClientStatus == "running")
		}
		return over && live
	})
	equal(t, "allocations", len(next), 2)
	must(t, client.Allocations().GC(alloc, nil))
	_, _, err = client.Allocations().Info("00000000-0000-4000-8000-000000000000", nil)
	refused(t, err, "404", "alloc not found")
}

func TestExecIsRefused(t *testing.T) {
	client := connect(t)
	_, _, err := client.Jobs().Register(shellJob("service", "shell", "exec sleep 600", 1), nil)
	must(t, err)
	purge(t, client, "shell")
	alloc, _, err := client.Allocations().Info(running(t, client, "shell", 1)[0].ID, nil)
	must(t, err)
	var out bytes.Buffer
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, err = client.Allocations().Exec(ctx, alloc, "main", false, []string{"true"}, strings.NewReader(""), &out, &out, nil, nil)
	refused(t, err, "404")
}

func TestEventStream(t *testing.T) {
	client := connect(t)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	topics := map[api.Topic][]string{api.TopicAll: {"*"}}
	stream, err := client.EventStream().Stream(ctx, topics, 0, nil)
	must(t, err)
	_, _, err = client.Jobs().Register(shellJob("batch", "told", "true", 1), nil)
	must(t, err)
	purge(t, client, "told")

	seen := map[string]bool{}
	over := time.After(patience)
	for !seen["job"] || !seen["evaluation"] || !seen["complete"] {
		select {
		case events := <-stream:
			must(t, events.Err)
			for _, event := range events.Events {
				job, err := event.Job()
				must(t, err)
				evaluation, err := event.Evaluation()
				must(t, err)
				alloc, err := event.Allocation()
				must(t, err)
				if event.Topic == api.TopicJob && event.Key == "told" {
					equal(t, "type of "+event.Type, *job.Type, "batch")
					seen["job"] = true
				}
				if event.Topic == api.TopicEvaluation && evaluation.JobID == "told" {
					seen["evaluation"] = true
				}
				if event.Topic == api.TopicAllocation && alloc.JobID == "told" {
					seen[alloc.ClientStatus] = true
				}
			}
		case <-over:
			t.Fatalf("told only of %s", shown(seen))
		}
	}
}
