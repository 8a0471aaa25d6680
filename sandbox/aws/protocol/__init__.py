"""AWS's wire protocols: which operation a request is, its signature, and answers and errors in its form."""
