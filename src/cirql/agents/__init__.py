"""A server for agents: the tools, resources and prompts of the Model Context Protocol, over locked sessions.

limits      how much one call may ask and one answer may hold
answers     rows as a model reads them: short, bounded, and marked as data
tools       what an agent may call, each with the schemas of what it takes and gives
calls       one call of a tool: its session, what stops it, its line in the log
offers      which tools a server has, by its mode
prompts     audits that people ask for again and again
pages       what may be read beside: the page of each table
protocol    the official SDK, which nothing else here imports
web         the same over HTTP, for who has the token
"""
