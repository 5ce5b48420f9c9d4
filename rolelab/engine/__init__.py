"""The embedded engine: runs a Pulumi program in process against a local AWS.

`deploy` has its calls (preview, up, destroy), `recorded` what is known without a run (outputs,
status).
"""
