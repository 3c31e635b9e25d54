"""The command line: one file a command, imported only when it is run or its help is asked for."""


def main() -> None:
    """The `archc` script."""
    import sys

    try:
        from archc.cli.huge_pages import begin_again

        begin_again()
        from archc.cli.interrupts import hear_again

        hear_again()
        from archc.cli.streams import mend_streams

        mend_streams()
        from archc.cli.application import application

        application.main(prog_name="archc")
    except KeyboardInterrupt:
        # before there is a command that could say it better
        sys.stderr.write("archc: stopped\n")
        sys.exit(130)
    except SystemExit as end:
        # XLA's threads may still compute, and what they read goes away with the interpreter
        if end.code == 130 and "jaxlib" in sys.modules:
            import os

            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(130)
        raise
