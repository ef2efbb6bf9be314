"""`make bench`: the service and its peers on the same files, behind the same slow S3, in the same run."""
