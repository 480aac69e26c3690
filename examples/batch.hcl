# A batch job: it runs to its end, three times side by side, and is then dead.
job "sums" {
  type = "batch"

  group "workers" {
    count = 3

    task "sum" {
      driver = "raw_exec"

      config {
        command = "/bin/sh"
        args    = ["-c", "i=0; n=0; while [ $i -lt ${NOMAD_META_LIMIT} ]; do i=$((i + 1)); n=$((n + i)); done; echo \"sum to $i is $n\""]
      }

      meta {
        limit = "1000"
      }

      resources {
        cpu    = 100
        memory = 32
      }
    }
  }
}
