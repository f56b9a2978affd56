"""The static pages people open first: tables in, HTML out.

What belongs here: ordering, formatting and drawing of tables that others made, and the templates.
What does not: measuring, judging or reading from the warehouse; frames and facts are arguments.
"""
