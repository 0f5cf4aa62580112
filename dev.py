import os,sys
os.execv(".venv/bin/python",[".venv/bin/python","-m","config.local.manage",*sys.argv[2:]])
