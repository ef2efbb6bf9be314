# What the emulator starts for each execution environment, below the settings that local/bootstrap.py puts on top.
#
# The real runtime interface client gets a clean environment: what Lambda itself sets and what the template gives the
# function. bash stays the parent of bwrap, because --die-with-parent follows the *thread* that started bwrap, and the
# emulator's threads end with each request.
task=$PWD

environment=(
  "LANG=C.UTF-8"
  "TZ=:UTC"
  "AWS_EXECUTION_ENV=AWS_Lambda_python3.13"
  "AWS_LAMBDA_INITIALIZATION_TYPE=on-demand"
  "AWS_LAMBDA_LOG_GROUP_NAME=/aws/lambda/$AWS_LAMBDA_FUNCTION_NAME"
)
for name in "${variables[@]}"; do
  [[ -v $name ]] && environment+=("$name=${!name}")
done

if (( isolated )); then
  environment+=("${inside[@]}")
  env -i "${environment[@]}" "${bubble[@]}" --ro-bind "$task" /var/task --chdir /var/task \
    -- /var/lang/bin/python3.13 -S -m awslambdaric "$_HANDLER"
else
  environment+=(
    "PATH=$PATH"
    "TMPDIR=$TMPDIR"
    "LD_LIBRARY_PATH=$task/lib:$layers/lib"
    "LAMBDA_TASK_ROOT=$task"
    "LAMBDA_RUNTIME_DIR=$runtime"
    "PYTHONPATH=$layers/python:$runtime"
  )
  exec env -i "${environment[@]}" "$python" -S -m awslambdaric "$_HANDLER"
fi
