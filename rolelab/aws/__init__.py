"""The only home of boto3: endpoints, clients, kinds of error, and what must go before what."""
