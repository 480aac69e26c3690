# A web service: two copies, each on a port of its own that the scheduler chooses.
job "web" {
  type = "service"

  group "app" {
    count = 2

    network {
      port "http" {}
    }

    restart {
      attempts = 3
      interval = "1m"
      delay    = "2s"
      mode     = "delay"
    }

    task "server" {
      driver = "node"

      config {
        # `npm start` tells the agent where the examples are.
        module = "${meta.examples}/web.mjs"
        args   = ["Hello"]
      }

      kill_timeout = "10s"

      resources {
        cpu    = 100
        memory = 128
      }
    }
  }
}
