#include <carafe/core.h>
