"""The deployed local stack, asked over HTTP, with the benchmark's server as its S3."""
