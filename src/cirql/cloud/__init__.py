"""The only door to AWS: credentials, endpoints, signing, HTTP, retries, rate limits, and AWS's error codes as cirql's errors.

`cirql.cloud.client.CloudClient` is the door; `cirql.cloud.target.Target` says who and where. botocore is imported when AWS is first asked.
"""
