# A system job: one on every node, in a thread of its supervisor instead of a process.
job "watch" {
  type = "system"

  group "watch" {
    task "machine" {
      driver = "node"

      config {
        module    = "${meta.examples}/watch.mjs"
        args      = ["10"]
        isolation = "thread"
      }

      resources {
        cpu    = 50
        memory = 64
      }
    }
  }
}
