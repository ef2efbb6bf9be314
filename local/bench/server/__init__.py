"""One S3 on loopback that takes its time: nginx, with a pause before every answer and exact counts."""
