"""The only home of SpiffWorkflow: dicts and values in, frozen dataclasses out."""
