// Package client drives a running agent with the official Go client of the API, as programs written for it do. Each test
// stands alone but for the agent, whose address comes in NOMAD_ADDR.
package client

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/hashicorp/nomad/api"
)

// patience is how long a test waits for what the agent is to come to.
const patience = 60 * time.Second

// connect gives a client of the agent under test.
func connect(t *testing.T) *api.Client {
	t.Helper()
	client, err := api.NewClient(api.DefaultConfig())
	must(t, err)
	return client
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// refused demands an error whose text has all these parts.
func refused(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Fatalf("no error, where one was to tell %q", parts)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Fatalf("%q does not tell %q", err, part)
		}
	}
}

func equal[T any](t *testing.T, what string, got, want T) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%s: got %s, want %s", what, shown(got), shown(want))
	}
}

func that(t *testing.T, holds bool, what string, got any) {
	t.Helper()
	if !holds {
		t.Errorf("%s: got %s", what, shown(got))
	}
}

func shown(value any) string {
	text, err := json.Marshal(value)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// await repeats a blocking query until what it reads is as wanted, and returns that.
func await[T any](
	t *testing.T,
	what string,
	read func(q *api.QueryOptions) (T, *api.QueryMeta, error),
	wanted func(T) bool,
) T {
	t.Helper()
	deadline := time.Now().Add(patience)
	q := &api.QueryOptions{WaitTime: 5 * time.Second}
	for {
		value, meta, err := read(q)
		must(t, err)
		if wanted(value) {
			return value
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s: still %s", what, shown(value))
		}
		q.WaitIndex = meta.LastIndex
	}
}

func pointer[T any](value T) *T { return &value }

// ended tells whether an allocation does nothing any more.
func ended(alloc *api.AllocationListStub) bool {
	return alloc.ClientStatus == "complete" || alloc.ClientStatus == "failed" || alloc.ClientStatus == "lost"
}

// next waits for the next frame of a stream, and gives what is in it.
func next(t *testing.T, frames <-chan *api.StreamFrame, failures <-chan error) string {
	t.Helper()
	select {
	case frame, isOpen := <-frames:
		if !isOpen {
			t.Fatal("the stream has ended")
		}
		return string(frame.Data)
	case err := <-failures:
		t.Fatal(err)
	case <-time.After(patience):
		t.Fatal("no frame")
	}
	return ""
}
