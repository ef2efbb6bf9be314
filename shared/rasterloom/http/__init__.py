"""The HTTP contract over API Gateway: requests in, use cases called, answers and problem bodies out."""
